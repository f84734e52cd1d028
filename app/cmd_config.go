package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"tributary/internal/config"
	"tributary/internal/errs"
)

func newConfigCmd() *cobra.Command {
	return family("config", groupAdmin, "Look at the settings", newConfigCheckCmd())
}

type configReport struct {
	OK       bool             `json:"ok"`
	Settings []config.Setting `json:"settings"`
	Problems []configProblem  `json:"problems"`
}

type configProblem struct {
	Name    string `json:"name"`
	Message string `json:"message"`
}

func newConfigCheckCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Show every setting, secrets masked, and every problem at once",
		Long: `Shows every setting that is in force, with secrets masked, and every problem
at once. It looks at the settings only and connects to nothing.
Exit code 2 when there is a problem.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := config.Load()
			report := configReport{OK: err == nil, Settings: c.Describe(), Problems: []configProblem{}}
			if e := errs.As(err); e != nil {
				for _, f := range e.Fields {
					report.Problems = append(report.Problems, configProblem{Name: f.Path, Message: f.Msg})
				}
			}
			if wantJSON(cmd) {
				if perr := printJSON(cmd.OutOrStdout(), report); perr != nil {
					return perr
				}
				return err
			}
			rows := [][]string{{"SETTING", "VALUE", "FROM"}}
			for _, s := range report.Settings {
				from, value := "default", s.Value
				if s.Set {
					from = "environment"
				}
				if value == "" {
					value = "(empty)"
				}
				rows = append(rows, []string{s.Name, value, from})
			}
			if perr := printTable(cmd.OutOrStdout(), rows); perr != nil {
				return perr
			}
			if err == nil {
				_, err = fmt.Fprintln(cmd.OutOrStdout(), "\nThe settings are good.")
			}
			return err
		},
	}
}
