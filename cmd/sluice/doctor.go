package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"sluice/runner/contain"
	"sluice/runner/report"
)

func (c *cli) doctorCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Tell what this machine offers, and how sluice uses it",
		Long: `Tell what this machine offers, and how sluice uses it: by what means runs are
kept together, where their history is kept, and the limits that they meet.

The exit code is 4 where something is missing that runs need.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return c.doctor(asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON, for programs")
	return cmd
}

// finding is one thing that was looked at.
type finding struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`             // it is as good as it can be
	Text string `json:"text"`           // what was found
	Hint string `json:"hint,omitempty"` // what would make it better
	need bool   // runs need it
}

func (c *cli) doctor(asJSON bool) error {
	findings := []finding{system(), c.containment(), c.stateFinding(), descriptors()}
	write := func(w io.Writer) error { return writeFindings(w, findings, report.Style{Color: c.color(c.stdout)}) }
	if asJSON {
		write = func(w io.Writer) error {
			e := json.NewEncoder(w)
			e.SetIndent("", "  ")
			e.SetEscapeHTML(false)
			return e.Encode(findings)
		}
	}
	if err := c.print(write); err != nil {
		return err
	}
	for _, f := range findings {
		if f.need && !f.OK {
			return code(exitError)
		}
	}
	return nil
}

func writeFindings(w io.Writer, findings []finding, s report.Style) error {
	for _, f := range findings {
		mark := "✓"
		if !f.OK {
			mark = "!"
		}
		if _, err := fmt.Fprintf(w, "%s %-12s %s\n", mark, f.Name, f.Text); err != nil {
			return err
		}
		if f.Hint != "" {
			if _, err := fmt.Fprintf(w, "  %-12s %s\n", "", s.Paint(report.Dim, f.Hint)); err != nil {
				return err
			}
		}
	}
	return nil
}

func system() finding {
	text := runtime.GOOS + " on " + runtime.GOARCH
	var name unix.Utsname
	if unix.Uname(&name) == nil {
		text = unix.ByteSliceToString(name.Sysname[:]) + " " + unix.ByteSliceToString(name.Release[:]) + " on " + runtime.GOARCH
	}
	f := finding{Name: "system", OK: runtime.GOOS == "linux", Text: text}
	if !f.OK {
		f.Hint = "Linux is what sluice is made for; elsewhere runs have process groups and nothing more"
	}
	return f
}

// containment keeps a run of nothing together, and tells how.
func (c *cli) containment() finding {
	f := finding{Name: "containment", need: true}
	k, err := contain.Open(c.keep)
	if err != nil {
		f.Text = err.Error()
		return f
	}
	defer k.Close()
	switch k.Means() {
	case contain.Cgroup:
		f.OK, f.Text = true, "cgroup: each attempt has a control group, which is killed at once; a monitor does it if sluice is killed"
	case contain.Subreaper:
		f.OK, f.Text = true, "subreaper: what leaves its process group is found by a mark; a monitor does it if sluice is killed"
		f.Hint = "a tree that forks without pause can outrun that; control groups can't be used: " + k.Why()
	default:
		f.need, f.Text = false, "group: a process that leaves its process group outlives its job"
		f.Hint = k.Why()
	}
	return f
}

// stateFinding tries the state directory as a run does, and leaves nothing.
func (c *cli) stateFinding() finding {
	f := finding{Name: "state", need: true}
	store, err := c.store()
	if err != nil {
		f.Text, f.Hint = err.Error(), stateHint
		return f
	}
	f.Text = store.Dir()
	if err := store.Try(); err != nil {
		f.Text, f.Hint = fmt.Sprintf("%s can't be used: %v", store.Dir(), err), stateHint
		return f
	}
	f.OK = true
	return f
}

// descriptors is how many files may be open. An instance needs about ten.
func descriptors() finding {
	const few = 256
	f := finding{Name: "descriptors", need: true}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		f.Text = os.NewSyscallError("getrlimit", err).Error()
		return f
	}
	f.OK, f.need = true, false
	f.Text = fmt.Sprintf("%d at once", limit.Cur)
	if limit.Cur < few {
		f.OK, f.Hint = false, "many jobs at once need more: ulimit -n"
	}
	return f
}
