package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tributary/internal/beacon"
	"tributary/internal/domain/draw"
	"tributary/internal/errs"
)

// maxProof is more than a list of a million entries needs.
const maxProof = 64 << 20

func newDrawCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "draw",
		GroupID: groupMoney,
		Short:   "Check the draw of a giveaway",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newDrawVerifyCmd())
	return cmd
}

// drawVerdict is what verify prints with --json.
type drawVerdict struct {
	Giveaway string         `json:"giveaway"`
	Honest   bool           `json:"honest"`
	Findings []draw.Finding `json:"findings"`
}

func newDrawVerifyCmd() *cobra.Command {
	var drand string
	cmd := &cobra.Command{
		Use:   "verify FILE|URL",
		Short: "Draw again from the published proof and say whether it is true",
		Long: `Reads the proof that a giveaway publishes (at /g/GIVEAWAY/proof), from a file, an
address, or - for standard input, and draws again: the hash of the frozen list,
the beacon, and the winners must be what it says. Needs no database and believes
nobody; with --drand it also asks the drand chain for the round itself.

Exits 0 when the draw stands, and 1 with the reasons when it does not.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			raw, err := readProof(cmd, args[0])
			if err != nil {
				return err
			}
			var p draw.Proof
			if err := json.Unmarshal(raw, &p); err != nil {
				return errs.New(errs.Invalid, "invalid_proof", fmt.Sprintf("%s is no proof of a draw: %v", args[0], err))
			}
			v := drawVerdict{Giveaway: p.Giveaway, Honest: true, Findings: draw.Verify(&p)}
			if drand != "" {
				v.Findings = append(v.Findings, askDrand(cmd.Context(), drand, &p))
			}
			for _, f := range v.Findings {
				v.Honest = v.Honest && f.OK
			}
			if wantJSON(cmd) {
				if err := printJSON(cmd.OutOrStdout(), v); err != nil {
					return err
				}
			} else {
				printDraw(cmd.OutOrStdout(), &p, v)
			}
			if !v.Honest {
				return errors.New("the draw does not stand")
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&drand, "drand", "", "address of the drand chain to ask for the round, such as "+beacon.DefaultURL)
	return cmd
}

func printDraw(w io.Writer, p *draw.Proof, v drawVerdict) {
	for _, f := range v.Findings {
		mark := "yes"
		if !f.OK {
			mark = "NO "
		}
		fmt.Fprintf(w, "%s  %s\n", mark, f.What)
	}
	if v.Honest {
		fmt.Fprintf(w, "The draw of %s stands:\n", p.Giveaway)
		for _, d := range p.Drawn {
			fmt.Fprintf(w, "%4d. %s\n", d.Place, d.ID)
		}
	}
}

// askDrand compares the proof with what the chain itself says.
func askDrand(ctx context.Context, url string, p *draw.Proof) draw.Finding {
	if p.Beacon.Kind != draw.Drand {
		return draw.Finding{What: "the proof does not draw with drand"}
	}
	d := beacon.Drand{URL: url}
	chain, err := d.Chain(ctx)
	if err != nil {
		return draw.Finding{What: err.Error()}
	}
	r, err := d.Round(ctx, p.Beacon.Round)
	switch {
	case err != nil:
		return draw.Finding{What: err.Error()}
	case chain.Hash != p.Beacon.Chain:
		return draw.Finding{What: fmt.Sprintf("the proof names the chain %s; this is %s", p.Beacon.Chain, chain.Hash)}
	case p.Beacon.RoundAt == nil || !p.Beacon.RoundAt.Equal(chain.At(p.Beacon.Round)):
		return draw.Finding{What: "the chain makes the round at " + chain.At(p.Beacon.Round).Format(time.RFC3339)}
	case r.Randomness != p.Beacon.Value:
		return draw.Finding{What: "drand says that the round is " + r.Randomness}
	}
	return draw.Finding{OK: true, What: "drand itself says the same"}
}

func readProof(cmd *cobra.Command, from string) ([]byte, error) {
	if strings.HasPrefix(from, "http://") || strings.HasPrefix(from, "https://") {
		return fetchProof(cmd.Context(), from)
	}
	if from == "-" {
		return io.ReadAll(io.LimitReader(cmd.InOrStdin(), maxProof))
	}
	b, err := os.ReadFile(from)
	if errors.Is(err, os.ErrNotExist) {
		return nil, errs.New(errs.NotFound, "proof_not_found", "There is no file "+from+".")
	}
	return b, err
}

func fetchProof(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, errs.New(errs.Invalid, "invalid_address", url+" is no address.")
	}
	req.Header.Set("Accept", "application/json")
	res, err := (&http.Client{Timeout: 30 * time.Second}).Do(req)
	if err != nil {
		return nil, unavailable(url, err)
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusNotFound {
		return nil, errs.New(errs.NotFound, "proof_not_found", "There is no proof at "+url+": the giveaway does not exist, or its list is not frozen yet.")
	}
	if res.StatusCode != http.StatusOK {
		return nil, unavailable(url, fmt.Errorf("HTTP %d", res.StatusCode))
	}
	return io.ReadAll(io.LimitReader(res.Body, maxProof))
}
