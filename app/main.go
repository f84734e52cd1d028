// Command tributary is the whole program: the server, the workers and the
// tools around them. Commands are listed once, in commands(); everything they
// need is built in wire.go.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"tributary/internal/errs"
)

// Exit codes, the same for every command.
const (
	exitOK          = 0
	exitFailed      = 1   // it did not work, or a check found differences
	exitUsage       = 2   // wrong command line, settings or input; running it again will not help
	exitUnavailable = 3   // PostgreSQL, Redis or a store does not answer; running it again may help
	exitNotFound    = 4   // the shop, agreement or batch named does not exist
	exitConflict    = 5   // it exists already, or is in a state that does not allow this
	exitInterrupted = 130 // stopped by Ctrl-C or SIGTERM before it was done
)

// Groups of the help text.
const (
	groupRun   = "run"
	groupMoney = "money"
	groupShop  = "shop"
	groupAdmin = "admin"
)

// commands is the list of all commands, in the order help shows them. Each
// constructor lives in cmd_<name>.go.
func commands() []*cobra.Command {
	return []*cobra.Command{
		newDemoCmd(),
		newServeCmd(),
		newWorkCmd(),
		newCloseCmd(),
		newShopCmd(),
		newAPIKeyCmd(),
		newVerifyCmd(),
		newReplayCmd(),
		newSimulateCmd(),
		newDrawCmd(),
		newBenchCmd(),
		newBenchProcessCmd(),
		newReconcileCmd(), newBackfillCmd(), newAuditCmd(),
		newKeysCmd(),
		newMigrateCmd(),
		newConfigCmd(),
		newHealthCmd(),
		newPostgresCmd(),
		newResetCmd(),
		newVersionCmd(),
	}
}

func newRootCmd() *cobra.Command {
	root := &cobra.Command{
		Use:   "tributary",
		Short: "Performance-based influencer marketing for Shopify and WooCommerce",
		Long: `Tributary receives the orders and refunds of Shopify and WooCommerce stores,
decides which influencer drove each order, posts what the signed agreement says
they earn to a double-entry ledger, takes it back when money goes back, and
closes a payout batch every month.

Without settings it starts a PostgreSQL and a Redis of its own. See
"tributary config check" for the settings.

Exit codes: 0 done · 1 failed, or a check found differences · 2 wrong usage,
settings or input · 3 something it needs does not answer · 4 not found ·
5 conflict · 130 interrupted.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          noSuchCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.AddGroup(
		&cobra.Group{ID: groupRun, Title: "Run:"},
		&cobra.Group{ID: groupMoney, Title: "Money:"},
		&cobra.Group{ID: groupShop, Title: "Shops:"},
		&cobra.Group{ID: groupAdmin, Title: "Administration:"},
	)
	root.SetHelpCommandGroupID(groupAdmin)
	root.SetCompletionCommandGroupID(groupAdmin)
	root.PersistentFlags().Bool("json", false, "print JSON for machines instead of text")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w\nSee: %s --help", err, cmd.CommandPath())}
	})
	root.SuggestionsMinimumDistance = 2
	root.AddCommand(commands()...)
	markUsageErrors(root)
	return root
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is main without the process: the first signal cancels the command's
// context so that it ends in order, the second ends the process at once.
func run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the default action is back for the second signal
	root := newRootCmd()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		fmt.Fprintln(stderr, "interrupted")
		return exitInterrupted
	}
	printError(stderr, err)
	return exitCode(err)
}

// printError writes one problem a line. Of an error for people it leaves out
// what we were doing, unless something outside did not answer: then the cause
// is what helps.
func printError(w io.Writer, err error) {
	e := errs.As(err)
	switch {
	case err.Error() == "":
	case e == nil, e.Kind == errs.Unavailable:
		fmt.Fprintln(w, "error:", err)
	case len(e.Fields) == 0:
		fmt.Fprintln(w, "error:", e.Msg)
	default:
		fmt.Fprintf(w, "error: %s:\n", strings.TrimSuffix(e.Msg, "."))
		for _, f := range e.Fields {
			fmt.Fprintf(w, "  %s %s\n", f.Path, f.Msg)
		}
	}
}

func exitCode(err error) int {
	var usage usageError
	if errors.As(err, &usage) {
		return exitUsage
	}
	e := errs.As(err)
	if e == nil {
		return exitFailed
	}
	switch e.Kind {
	case errs.Invalid, errs.BadRequest, errs.TooLarge:
		return exitUsage
	case errs.NotFound:
		return exitNotFound
	case errs.Conflict:
		return exitConflict
	case errs.Unavailable, errs.TooMany:
		return exitUnavailable
	default:
		return exitFailed
	}
}

// family is a command that is only a name for its subcommands.
func family(use, group, short string, sub ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, GroupID: group, Short: short, Args: noSuchCommand, SuggestionsMinimumDistance: 2,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(sub...)
	return cmd
}

// noSuchCommand refuses what stands where a subcommand should, and says which
// one may be meant.
func noSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return fmt.Errorf("there is no command %q; did you mean %q?", cmd.CommandPath()+" "+args[0], cmd.CommandPath()+" "+near[0])
	}
	return fmt.Errorf("there is no command %q", cmd.CommandPath()+" "+args[0])
}

// noArgs refuses arguments of a command that takes flags only.
func noArgs(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return fmt.Errorf("it takes no argument, but got %q", args[0])
}

// usageError is a wrong command line.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// markUsageErrors makes every wrong argument count a usage error that says
// where the help is.
func markUsageErrors(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return usageError{fmt.Errorf("%w\nSee: %s --help", err, cmd.CommandPath())}
			}
			return nil
		}
	}
	for _, sub := range cmd.Commands() {
		markUsageErrors(sub)
	}
}
