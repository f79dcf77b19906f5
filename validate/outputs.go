package validate

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"sluice/spec"
	"sluice/spec/diag"
)

// writer is a stream of a job that goes to a file.
type writer struct {
	job    *spec.Job
	out    spec.Output
	name   string // relative to the file's dir, cleaned; empty where only the plan or the run can know
	shape  string // what name will be, with x for what is substituted; empty where a directory is
	append bool
	stderr bool
}

// outputs checks the files that jobs write: where they are, and that no two
// jobs write one. What depends on params or on the machine is for the plan.
func (c *check) outputs() {
	byName := map[string]writer{}
	for _, name := range c.jobNames {
		for _, w := range c.writers(c.jobs[name]) {
			c.target(w)
			if w.name == "" || isDevice(w.name) {
				continue
			}
			c.manyInstances(w)
			other, taken := byName[w.name]
			switch {
			case !taken:
				byName[w.name] = w
			case w.append && other.append || exclusive(w.job, other.job):
			default:
				c.writtenTwice(w, other)
			}
		}
	}
	for _, name := range c.jobNames {
		c.emptied(c.jobs[name])
	}
}

func (c *check) writtenTwice(w, other writer) {
	msg := fmt.Sprintf("%s is written by job %q and by job %q", w.out.File.Value, other.job.Name.Value, w.job.Name.Value)
	if w.job == other.job {
		msg = fmt.Sprintf("%s is written twice by job %q", w.out.File.Value, w.job.Name.Value)
	}
	p := c.at("SL603", w.out.File.String, msg, "give each its own file, or write mode: append in both")
	p.Related = []diag.Related{{Pos: other.out.File.Pos, Msg: "also written here"}}
}

// writers are the streams of j that go to files.
func (c *check) writers(j *spec.Job) (list []writer) {
	add := func(stderr bool, o spec.Output, dirs ...spec.Template) {
		if o.Kind == spec.OutputFile && o.File.IsSet() {
			list = append(list, writer{job: j, out: o, name: c.fixedPath(o.File, dirs...), shape: c.shapeOf(o.File, dirs), append: o.Mode.Value == "append", stderr: stderr})
		}
	}
	add(false, j.Stdout, j.Dir)
	add(true, j.Stderr, j.Dir)
	for _, s := range j.Inner() {
		add(true, s.Stderr, j.Dir, s.Dir)
	}
	for _, b := range j.Branches() {
		add(false, b.Output(), j.Dir)
	}
	return list
}

// shapeOf is t seen from the file's dir through dirs, with x for what is
// substituted in it; "" where that is of a directory.
func (c *check) shapeOf(t spec.Template, dirs []spec.Template) string {
	masked := spec.Template{String: t.String}
	masked.Value = t.Masked()
	return c.fixedPath(masked, dirs...)
}

// fixedPath is t seen from the file's dir through dirs, where nothing of it is
// substituted; else "".
func (c *check) fixedPath(t spec.Template, dirs ...spec.Template) string {
	full := ""
	for i, d := range append(dirs, t) {
		if i == 0 && !d.IsSet() && c.file.Defaults != nil {
			d = c.file.Defaults.Dir
		}
		if len(d.Refs()) > 0 || strings.HasPrefix(d.Value, "~") {
			return ""
		}
		if strings.HasPrefix(d.Value, "/") {
			full = d.Value
		} else {
			full = path.Join(full, d.Value)
		}
	}
	return path.Clean(full)
}

// exclusive reports whether conditions keep a and b from being in one plan.
func exclusive(a, b *spec.Job) bool { return a != b && a.When != nil && b.When != nil }

// manyInstances reports a file that every instance of a matrix would write.
func (c *check) manyInstances(w writer) {
	if w.append || w.job.Matrix == nil || w.job.Matrix.Exclude.IsSet() {
		return
	}
	for _, a := range w.job.Matrix.Axes {
		if a.Job.IsSet() {
			c.at("SL603", w.out.File.String, fmt.Sprintf("every instance of job %q writes %s, and how many there are only the run knows", w.job.Name.Value, w.out.File.Value),
				"put the axis into the name: ${matrix."+a.Name.Value+"}, or write mode: append")
			return
		}
		if len(a.Values) > 1 || len(a.Range) == 2 && a.Range[1].Value > a.Range[0].Value {
			c.at("SL603", w.out.File.String, fmt.Sprintf("every instance of job %q writes %s", w.job.Name.Value, w.out.File.Value),
				"put the axis into the name: ${matrix."+a.Name.Value+"}, or write mode: append")
			return
		}
	}
}

// emptied reports a job that empties the file that it reads.
func (c *check) emptied(j *spec.Job) {
	var read []string
	for _, in := range j.Stdins() {
		if in.Kind == spec.InputFile {
			read = append(read, c.fixedPath(in.File, j.Dir))
		}
	}
	if len(read) == 0 {
		return
	}
	for _, w := range c.writers(j) {
		inPlace := w.out.Mode.Value == "truncate" || w.append || w.stderr && !w.out.Mode.IsSet()
		if w.name != "" && slices.Contains(read, w.name) && inPlace {
			c.at("SL603", w.out.File.String, fmt.Sprintf("job %q reads and writes %s", j.Name.Value, w.out.File.Value), "write mode: atomic, which replaces it when all is read")
		}
	}
}

// target judges where w writes.
func (c *check) target(w writer) {
	t, name := w.out.File, w.name
	if name == "" { // only the plan knows all of it
		name = path.Clean(t.Masked())
	}
	switch {
	case isDevice(name):
	case spec.IsObeyed(name):
		c.at("SL604", t.String, t.Value+": other programs execute or obey what stands there", "write to a file of the job's own, and put it in place by hand")
	case strings.HasPrefix(name, "/"):
		c.at("SL601", t.String, t.Value+" is absolute: every checkout on this machine would write it", "write below dir, or let the caller say where with a param of type path")
	case strings.HasPrefix(w.shape, "../"):
		c.at("SL601", t.String, t.Value+" leads out of the directory that the file declares", "write below it, or set the file's dir: to the directory that all its jobs share")
	}
}

// isDevice reports whether the file called name belongs to nobody.
func isDevice(name string) bool { return strings.HasPrefix(name, "/dev/") }
