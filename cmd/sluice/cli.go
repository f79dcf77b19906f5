package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"syscall"

	"github.com/lmittmann/tint"
	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"sluice/runner/contain"
	"sluice/spec/diag"
)

// The terminal's rules: stdout carries results, stderr everything else. A
// complaint is one line that begins with "sluice:", and a hint is another.
// Colours appear on a terminal, or where FORCE_COLOR asks for them, and never
// where NO_COLOR is set.

// Exit codes. A run that a signal ended exits with 128 and its number.
const (
	exitOK      = 0
	exitFailed  = 1 // a job failed, or fmt --check found what would change
	exitUsage   = 2 // the command line can't be read
	exitInvalid = 3 // the job file has problems
	exitError   = 4 // sluice itself could not
	exitSignal  = 128
)

// cli is one call of the program.
type cli struct {
	stdin, stdout, stderr *os.File
	verbose               bool
	signals               *signals // of run only
	completing            bool     // a shell asks for completions
	args                  []string // the command line, without the program
	keep                  contain.Options
}

// failure is an error with its exit code and, where there is one, a hint.
type failure struct {
	code int
	err  error // nil: everything was said
	hint string
}

func (f *failure) Error() string {
	if f.err == nil {
		return fmt.Sprintf("exit code %d", f.code)
	}
	return f.err.Error()
}
func (f *failure) Unwrap() error { return f.err }

func usage(hint, format string, args ...any) error {
	return &failure{exitUsage, fmt.Errorf(format, args...), hint}
}

// code is an exit code without words.
func code(n int) error {
	if n == exitOK {
		return nil
	}
	return &failure{code: n}
}

// main runs the command line args and returns the exit code.
func (c *cli) main(args []string) int {
	c.args = args
	first := firstWord(args)
	c.completing = strings.HasPrefix(first, cobra.ShellCompRequestCmd)
	if first == superviseWord {
		return c.supervise(args[1:])
	}
	if first == "run" || first == "rerun" {
		c.signals = watchSignals(false) // beside all that follows, for it takes its time
	}
	root := c.root(first)
	root.SetArgs(args)
	cmd, err := root.ExecuteC()
	if err == nil {
		return exitOK
	}
	var f *failure
	if !errors.As(err, &f) { // cobra's own: the command line
		f = &failure{exitUsage, err, "sluice " + helpFor(cmd) + "--help tells more"}
		var own *ownError
		if errors.As(err, &own) {
			f = &failure{exitError, own.err, ""}
		}
	}
	if f.err != nil {
		c.complain(f.err.Error())
		for _, line := range strings.Split(f.hint, "\n") {
			if line != "" {
				fmt.Fprintln(c.stderr, "sluice: hint: "+diag.Visible(line))
			}
		}
	}
	return f.code
}

// firstWord is the command that args name, or "": flags may stand before it,
// and none of those that may takes a value.
func firstWord(args []string) string {
	for _, arg := range args {
		if !strings.HasPrefix(arg, "-") {
			return arg
		}
	}
	return ""
}

func helpFor(cmd *cobra.Command) string {
	if cmd == nil || !cmd.HasParent() {
		return ""
	}
	return cmd.Name() + " "
}

// ownError marks an error of sluice, as against one of the command line.
type ownError struct{ err error }

func (e *ownError) Error() string { return e.err.Error() }
func (e *ownError) Unwrap() error { return e.err }

func own(err error) error {
	if err == nil {
		return nil
	}
	return &ownError{err}
}

func (c *cli) complain(text string) {
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if i == 0 {
			line = "sluice: " + strings.TrimPrefix(line, "sluice: ")
		}
		fmt.Fprintln(c.stderr, diag.Visible(line))
	}
}

// root makes the command tree. Where first names a command, it is made alone,
// without those that it is never compared with: making all of them is felt at
// every start.
func (c *cli) root(first string) *cobra.Command {
	root := &cobra.Command{
		Use:           "sluice",
		Short:         "Run declarative job files: exact arguments, kernel pipes, and no shell",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noSuchCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return usage("sluice --help lists the commands", "no command is given")
		},
	}
	root.SetOut(c.stdout)
	root.SetErr(c.stderr)
	root.SetIn(c.stdin)
	root.SetFlagErrorFunc(flagError)
	root.PersistentFlags().BoolVarP(&c.verbose, "verbose", "v", false, "log what sluice does to standard error")
	commands := map[string]func() *cobra.Command{
		"run": c.runCommand, "plan": c.planCommand, "validate": c.validateCommand, "fmt": c.fmtCommand, "list": c.listCommand,
		"explain": c.explainCommand, "schema": c.schemaCommand, "version": c.versionCommand,
		"doctor": c.doctorCommand, "ps": c.psCommand, "logs": c.logsCommand, "wait": c.waitCommand, "stop": c.stopCommand, "attach": c.attachCommand,
		"history": c.historyCommand, "rerun": c.rerunCommand,
	}
	if command := commands[first]; command != nil {
		root.CompletionOptions.DisableDefaultCmd = true
		root.AddCommand(command())
		return root
	}
	for _, command := range commands {
		root.AddCommand(command())
	}
	return root
}

// log is sluice's own log: nothing unless --verbose asks for it.
func (c *cli) log() *slog.Logger {
	if !c.verbose {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(tint.NewTextHandler(c.stderr, &tint.Options{Level: slog.LevelDebug, TimeFormat: "15:04:05.000", NoColor: !c.color(c.stderr)}))
}

// isTerminal reports whether f is a terminal.
func isTerminal(f *os.File) bool {
	_, ok := terminalWidth(f)
	return ok
}

func terminalWidth(f *os.File) (columns int, ok bool) {
	var size *unix.Winsize
	raw, err := f.SyscallConn()
	if err != nil {
		return 0, false
	}
	if err := raw.Control(func(fd uintptr) { size, err = unix.IoctlGetWinsize(int(fd), unix.TIOCGWINSZ) }); err != nil || size == nil {
		return 0, false
	}
	return int(size.Col), err == nil
}

// color reports whether text for f is coloured (https://no-color.org,
// https://force-color.org).
func (c *cli) color(f *os.File) bool {
	switch {
	case os.Getenv("NO_COLOR") != "":
		return false
	case os.Getenv("FORCE_COLOR") != "":
		return os.Getenv("FORCE_COLOR") != "0"
	}
	return isTerminal(f) && os.Getenv("TERM") != "dumb"
}

// print writes a result to standard output, and turns a failure to do so into
// the error that it is: exit 0 means that every byte was taken.
func (c *cli) print(write func(io.Writer) error) error {
	err := write(c.stdout)
	if errors.Is(err, syscall.EPIPE) {
		return code(exitSignal + int(syscall.SIGPIPE))
	}
	return own(err)
}
