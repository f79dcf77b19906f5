package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
	"gopkg.in/yaml.v3"

	"sluice/runner/plan"
	"sluice/spec"
	"sluice/spec/diag"
	"sluice/validate"
)

// loading is what commands that read a job file have in common.
type loading struct {
	limits       spec.Limits
	maxInstances int
	params       []string
	paramsFile   string
	jobs         []string
	values       map[string]plan.Given // of params, as they were given; nil until the plan is made
}

func (l *loading) limitFlags(cmd *cobra.Command) {
	d := spec.DefaultLimits()
	f := cmd.Flags()
	f.IntVar(&l.limits.File, "max-file", d.File, "the largest job file, in bytes")
	f.IntVar(&l.limits.Depth, "max-depth", d.Depth, "the deepest nesting of a job file")
	f.IntVar(&l.limits.Nodes, "max-nodes", d.Nodes, "the most keys and values in a job file")
	f.IntVar(&l.limits.Scalar, "max-scalar", d.Scalar, "the longest value in a job file, in bytes")
	f.IntVar(&l.limits.Jobs, "max-jobs", d.Jobs, "the most jobs in a job file")
	f.IntVar(&l.limits.Stages, "max-stages", d.Stages, "the most stages of pipelines in a job file")
	for _, name := range []string{"max-file", "max-depth", "max-nodes", "max-scalar", "max-jobs", "max-stages"} {
		f.Lookup(name).Hidden = true
	}
}

func (l *loading) planFlags(cmd *cobra.Command) {
	l.limitFlags(cmd)
	l.instancesFlag(cmd)
	f := cmd.Flags()
	f.StringArrayVarP(&l.params, "param", "p", nil, "give a param its value, `NAME=VALUE`; repeat it for a list")
	f.StringVar(&l.paramsFile, "params", "", "read values of params from a YAML or JSON `FILE`")
}

func (l *loading) instancesFlag(cmd *cobra.Command) {
	f := cmd.Flags()
	f.IntVar(&l.maxInstances, "max-instances", 100_000, "the most instances of jobs in one run")
	f.Lookup("max-instances").Hidden = true
}

// isFileArg reports whether arg names a job file rather than a job.
func isFileArg(arg string) bool {
	return arg == "-" || strings.HasSuffix(arg, ".yaml") || strings.HasSuffix(arg, ".yml") || strings.Contains(strings.SplitN(arg, "[", 2)[0], "/")
}

// split tells the job file in args from the jobs. Without one it is the
// sluice.yaml of this directory or the nearest above it.
func (l *loading) split(args []string) (file string, err error) {
	if len(args) > 0 && isFileArg(args[0]) {
		l.jobs = args[1:]
		return args[0], nil
	}
	l.jobs = args
	dir, err := os.Getwd()
	if err != nil {
		return "", own(err)
	}
	for up := ""; ; up += "../" {
		if _, err := os.Stat(filepath.Join(dir, "sluice.yaml")); err == nil {
			return up + "sluice.yaml", nil
		}
		if dir == filepath.Dir(dir) {
			return "", usage("name a job file, or write one called sluice.yaml", "no job file is given, and there is no sluice.yaml here or in a folder above")
		}
		dir = filepath.Dir(dir)
	}
}

// paths are args, or else the job file that split finds.
func (l *loading) paths(args []string) ([]string, error) {
	if len(args) > 0 {
		return args, nil
	}
	name, err := l.split(nil)
	return []string{name}, err
}

// read reads the job file called name; "-" is standard input. A file over the
// limit is not read whole.
func (c *cli) read(name string, limits spec.Limits) ([]byte, error) {
	f := c.stdin
	if name != "-" {
		// Not os.Open: it would set up the runtime's poller, which a regular
		// file has no use for, before the first child is started.
		fd, err := unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		for err == unix.EINTR { // a signal came, and another file system than most is behind name
			fd, err = unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		}
		if err != nil {
			return nil, &fs.PathError{Op: "open", Path: name, Err: err}
		}
		f = os.NewFile(uintptr(fd), name)
		defer f.Close()
	}
	return io.ReadAll(io.LimitReader(f, int64(limits.File)+1))
}

// largeFile is how many bytes a job file has that no person wrote.
const largeFile = 256 << 10

// check reads, parses and validates the job file called name. The error is
// about reading it.
func (c *cli) check(name string, limits spec.Limits) (*spec.File, diag.List, error) {
	text, err := c.read(name, limits)
	if err != nil {
		return nil, nil, err
	}
	if len(text) > largeFile {
		debug.SetGCPercent(40) // a fifth less memory, for files that were made to take much of it
	}
	f, problems := validate.Parse(name, text, limits)
	if f == nil {
		f = &spec.File{Name: name, Source: text}
	}
	return f, problems, nil
}

// plan makes the plan that args ask for, or says why there is none.
func (c *cli) plan(l *loading, args []string) (*spec.File, *plan.Plan, error) {
	f, err := c.load(l, args)
	if err != nil {
		return nil, nil, err
	}
	dir, err := os.Getwd()
	if err != nil {
		return nil, nil, own(err)
	}
	given := l.values
	if given == nil {
		if given, err = l.given(dir); err != nil {
			return nil, nil, err
		}
		l.values = given
	}
	if wrong := plan.CheckParams(f, given); len(wrong) > 0 {
		c.report(wrong, f)
		return nil, nil, &failure{code: exitUsage, err: errors.New("the params do not fit"), hint: "sluice list " + f.Name + " shows the params"}
	}
	if err := plan.CheckJobs(f, l.jobs); err != nil {
		return nil, nil, usage("sluice list "+f.Name+" shows the jobs", "%w", err)
	}
	p, problems := plan.Build(f, plan.Inputs{Dir: dir, Env: os.Environ(), Params: given, Jobs: l.jobs, MaxInstances: l.maxInstances})
	c.report(problems, f)
	if p == nil && problems[0].Pos.IsZero() {
		return nil, nil, code(exitUsage) // it is about the command line, which has no place in the file
	} else if p == nil {
		return nil, nil, code(exitInvalid)
	}
	return f, p, nil
}

// load reads and checks the job file that args name, and reports its problems.
func (c *cli) load(l *loading, args []string) (*spec.File, error) {
	name, err := l.split(args)
	if err != nil {
		return nil, err
	}
	f, problems, err := c.check(name, l.limits)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usage("", "there is no job file %s", name)
	} else if errors.Is(err, unix.EISDIR) {
		return nil, usage("name a job file in it", "%s is a folder", name)
	} else if err != nil {
		return nil, own(err)
	}
	if problems.Invalid(false) {
		c.report(problems, f)
		return nil, code(exitInvalid)
	}
	return f, nil
}

// report prints problems of f, or of any file where f is nil.
func (c *cli) report(problems diag.List, f *spec.File) {
	problems = problems.AtLeast(diag.Warning)
	if len(problems) == 0 {
		return
	}
	width, _ := terminalWidth(c.stderr)
	problems.Print(c.stderr, func(string) []byte { return f.Source }, diag.Style{Color: c.color(c.stderr), Width: width})
}

// given collects the values of params: of --params FILE, and over them of -p.
func (l *loading) given(dir string) (map[string]plan.Given, error) {
	given := map[string]plan.Given{}
	if l.paramsFile != "" {
		if err := paramsFile(l.paramsFile, dir, given); err != nil {
			return nil, err
		}
	}
	fromFile := given
	given = map[string]plan.Given{}
	for _, p := range l.params {
		name, value, ok := strings.Cut(p, "=")
		if !ok || name == "" {
			return nil, usage("write -p NAME=VALUE", "-p %s has no value", p)
		}
		g := given[name]
		g.Values, g.Dir, g.Source = append(g.Values, value), dir, "-p "+p
		given[name] = g
	}
	for name, g := range fromFile {
		if _, ok := given[name]; !ok {
			given[name] = g
		}
	}
	return given, nil
}

// paramsFile reads a mapping from names to values or lists of values. YAML
// holds JSON, so one reader serves both.
func paramsFile(name, dir string, given map[string]plan.Given) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return usage("", "--params: %w", err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return usage("", "--params %s: %w", name, err)
	}
	if len(doc.Content) == 0 || doc.Content[0].Kind != yaml.MappingNode {
		return usage("write name: value", "--params %s is no mapping", name)
	}
	base := filepath.Join(dir, filepath.Dir(name))
	if filepath.IsAbs(name) {
		base = filepath.Dir(name)
	}
	pairs := doc.Content[0].Content
	for i := 0; i < len(pairs); i += 2 {
		key, value := pairs[i], pairs[i+1]
		items := []*yaml.Node{value}
		if value.Kind == yaml.SequenceNode {
			items = value.Content
		}
		g := plan.Given{Dir: base, Source: fmt.Sprintf("%s:%d: %s", name, key.Line, key.Value)}
		for _, item := range items {
			if item.Kind != yaml.ScalarNode || item.Tag == "!!null" {
				return usage("write a value, or a list of values", "--params %s:%d: %s is no value", name, item.Line, key.Value)
			}
			g.Values = append(g.Values, item.Value)
		}
		if _, twice := given[key.Value]; twice {
			return usage("", "--params %s:%d: %s stands twice", name, key.Line, key.Value)
		}
		given[key.Value] = g
	}
	return nil
}
