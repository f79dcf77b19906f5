package main

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"sluice/runner/plan"
	"sluice/runner/report"
)

// writePlan writes p for a person. Everything that JSON has is there, but for
// the environment, of which what the caller passes is told by name only.
func writePlan(w io.Writer, p *plan.Plan, color bool) error {
	t := planText{p: p, style: report.Style{Color: color}}
	instances, processes, more := 0, 0, ""
	for _, j := range p.Jobs {
		instances += len(j.Instances)
		if len(j.Each) > 0 {
			more = ", and more for each line that a job prints"
		}
		for _, inst := range j.Instances {
			for _, s := range inst.Stages {
				if s.Tee == nil {
					processes++
				}
			}
		}
	}
	t.line(0, t.style.Paint(report.Bold, p.File)+"  "+t.dim(fmt.Sprintf("%s, %s", report.Count(instances, "instance"), plural2(processes, "process", "processes")+more)))
	t.pair(0, "dir", p.Dir)
	for _, v := range p.Params {
		t.pair(0, "param", v.Name+" = "+report.Quote(v.Values))
	}
	t.common = commonEnv(p)
	t.env(0, t.common)
	for _, j := range p.Jobs {
		t.job(j)
	}
	_, err := w.Write(t.out.Bytes())
	return err
}

func plural2(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// planText is a plan on its way to text.
type planText struct {
	p     *plan.Plan
	style report.Style
	out   bytes.Buffer
	// common is the environment that every process has, told once.
	common []plan.EnvVar
}

// commonEnv is what the environments of all first stages share.
func commonEnv(p *plan.Plan) []plan.EnvVar {
	var common []plan.EnvVar
	first := true
	for _, j := range p.Jobs {
		for _, inst := range j.Shapes() {
			env := firstProcess(inst).Env
			if first {
				common, first = slices.Clone(env), false
				continue
			}
			common = slices.DeleteFunc(common, func(v plan.EnvVar) bool { return !hasVar(env, v) })
		}
	}
	return common
}

// firstProcess is the first stage of inst that is a process: each instance has
// one.
func firstProcess(inst *plan.Instance) *plan.Stage {
	return inst.Stages[slices.IndexFunc(inst.Stages, func(s *plan.Stage) bool { return s.Tee == nil })]
}

// hasVar reports whether env has v, with the same value from the same place.
func hasVar(env []plan.EnvVar, v plan.EnvVar) bool {
	i, ok := slices.BinarySearchFunc(env, v.Name, func(e plan.EnvVar, name string) int { return strings.Compare(e.Name, name) })
	return ok && env[i].From == v.From && env[i].Value.String() == v.Value.String()
}

func (t *planText) line(indent int, text string) {
	t.out.WriteString(strings.TrimRight(strings.Repeat("  ", indent)+text, " ") + "\n")
}

func (t *planText) dim(text string) string { return t.style.Paint(report.Dim, text) }

func (t *planText) pair(indent int, key, value string) {
	t.line(indent, t.dim(fmt.Sprintf("%-8s", key))+report.Visible(value))
}

// sub tells what sets one stage apart, below its line.
func (t *planText) sub(key, value string) {
	t.line(3, t.dim(fmt.Sprintf("%-5s ", key))+report.Visible(value))
}

// near is path as it is shown: below the plan's directory without it.
func (t *planText) near(path string) string {
	rel, err := filepath.Rel(t.p.Dir, path)
	if err != nil || rel == ".." || strings.HasPrefix(rel, "../") {
		return path
	}
	return rel
}

// file is path as it is shown, or what it will be.
func (t *planText) file(path string, named *plan.Named) string {
	if named == nil {
		return t.near(path)
	}
	return t.near(named.Dir + "/" + named.Name.String())
}

func (t *planText) job(j *plan.Job) {
	t.out.WriteByte('\n')
	if j.Skip != "" {
		t.line(0, t.style.Paint(report.Bold, j.Name)+"  "+t.dim("skipped: "+j.Skip))
		return
	}
	if list := j.Shapes(); len(list) > 1 || len(list) == 1 && list[0].ID != j.Name {
		count := report.Count(len(list), "instance")
		if len(j.Each) > 0 {
			count = "an instance for each line of " + sources(list[0])
		}
		t.line(0, t.style.Paint(report.Bold, j.Name)+"  "+t.dim(count))
		t.rules(j)
		for _, inst := range j.Shapes() {
			t.line(0, t.style.Paint(report.Bold, report.Visible(inst.ID)))
			t.instance(inst)
		}
		return
	}
	t.line(0, t.style.Paint(report.Bold, j.Name))
	t.rules(j)
	for _, inst := range j.Shapes() {
		t.instance(inst)
	}
}

// sources are the jobs whose lines are values of inst's matrix.
func sources(inst *plan.Instance) string {
	var names []string
	for _, a := range inst.Matrix {
		if a.Job != "" && !slices.Contains(names, a.Job) {
			names = append(names, a.Job)
		}
	}
	return strings.Join(names, " and of ")
}

func (t *planText) instance(inst *plan.Instance) {
	first, flow := firstProcess(inst), inst.Flow()
	if !t.sameDirs(inst) {
		t.pair(1, "dir", "differs by stage")
	} else if first.Dir != t.p.Dir {
		t.pair(1, "dir", t.near(first.Dir))
	}
	if inst.Umask != "" {
		t.pair(1, "umask", inst.Umask)
	}
	t.pair(1, "stdin", t.input(inst.Stdin))
	width := 0
	lines := make([]string, len(inst.Stages))
	for i, s := range inst.Stages {
		lines[i] = argvText(s)
		width = max(width, min(48, report.Width(lines[i])))
	}
	for i, s := range inst.Stages {
		number := ""
		if len(inst.Stages) > 1 {
			number = fmt.Sprint(i + 1)
		}
		if s.Tee != nil {
			t.line(1, t.dim(fmt.Sprintf("%-8s", "tee "+number))+t.style.Paint(report.Cyan, strings.TrimPrefix(s.Name, "tee")))
			t.joins(inst, flow, i)
			continue
		}
		pad := strings.Repeat(" ", max(0, width-report.Width(lines[i])))
		path := s.Path
		if s.Later {
			path += " (made by a job before it)"
		}
		t.line(1, t.dim(fmt.Sprintf("%-8s", "exec "+number))+t.style.Paint(report.Cyan, lines[i])+pad+"  "+t.dim(report.Visible(path)))
		t.joins(inst, flow, i)
		t.stage(inst, s)
	}
	t.pair(1, "stdout", t.output(inst.Stdout))
	if first.Stderr.Kind != plan.OutLog && t.sameStderr(inst) {
		t.pair(1, "stderr", t.output(first.Stderr))
	}
	if inst.Ready != nil {
		t.pair(1, "ready", t.ready(inst.Ready))
	}
	if e := inst.Exclusive; e != nil {
		t.pair(1, "lock", e.Name+map[bool]string{false: "; waits where it is held", true: "; fails where it is held"}[e.Fail])
	}
	t.env(1, slices.DeleteFunc(slices.Clone(first.Env), func(v plan.EnvVar) bool { return hasVar(t.common, v) }))
}

// joins tells how stage i is joined to others, where that is not the one before
// it and the one behind it.
func (t *planText) joins(inst *plan.Instance, flow *plan.Flow, i int) {
	s := inst.Stages[i]
	if strings.Contains(s.Name, "/") && s.Tee == nil {
		t.sub("name", s.Name)
	}
	stage := func(k int) string {
		if inst.Stages[k].Tee != nil {
			return fmt.Sprintf("a copy by %d", k+1)
		}
		return fmt.Sprintf("what %d writes", k+1)
	}
	switch from := flow.Source[i]; {
	case from >= 0 && from != i-1:
		t.sub("stdin", stage(from))
	case from < 0 && s.Stdin != nil:
		t.sub("stdin", t.input(*s.Stdin))
	case from < 0 && i > 0:
		t.sub("stdin", "the job's")
	}
	for n, from := range s.Inputs {
		t.sub("opens", fmt.Sprintf("/dev/fd/%d: %s", 3+n, stage(from)))
	}
	if s.Stdout != nil {
		t.sub("stdout", t.output(*s.Stdout))
	}
	if s.Tee == nil {
		return
	}
	for _, f := range s.Tee.Files {
		t.sub("copy", t.output(f))
	}
	var readers []string
	for _, r := range flow.Readers[i] {
		readers = append(readers, fmt.Sprint(r.Stage+1))
	}
	if readers != nil {
		t.sub("copy", "for "+strings.Join(readers, ", "))
	}
	full := "waits for them"
	if s.Tee.Fail {
		full = "fails"
	}
	t.sub("spill", fmt.Sprintf("at most %s for slow readers, then it %s", report.Size(s.Tee.Spill), full))
}

// stage tells what sets s apart from its pipeline.
func (t *planText) stage(inst *plan.Instance, s *plan.Stage) {
	if !t.sameDirs(inst) {
		t.sub("dir", t.near(s.Dir))
	}
	if !slices.Equal(s.OK, []int{0}) {
		t.sub("ok", strings.Trim(fmt.Sprint(s.OK), "[]"))
	}
	if !t.sameStderr(inst) && s.Stderr.Kind != plan.OutLog {
		t.sub("stderr", t.output(s.Stderr))
	}
	if c := s.Channel; c != nil {
		text := fmt.Sprintf("descriptor %d, messages of at most %d bytes", s.ChannelFD(), c.Max)
		if c.To != nil {
			text += ", to " + t.addressee(inst, c.To)
		}
		t.sub("channel", text)
	}
	if d := s.Shard; d != nil {
		t.sub("shard", fmt.Sprintf("%s at once, blocks of %d bytes by %s, output %s", copies(d.Workers), d.Block, d.By, d.Merge))
	}
	for _, v := range s.Env {
		if v.From == "stage" || v.From == "channel" {
			t.sub("env", v.Name+"="+report.Quote([]string{v.Value.String()}))
		}
	}
}

// addressee is who gets messages of a process of inst.
func (t *planText) addressee(inst *plan.Instance, to *plan.Addressee) string {
	if to.Job == "" || to.Job == inst.ID {
		return fmt.Sprintf("stage %d, %s", to.Stage+1, inst.Stages[to.Stage].Name)
	}
	for _, j := range t.p.Jobs {
		for _, other := range j.Shapes() {
			if other.ID == to.Job && len(other.Stages) > 1 {
				return fmt.Sprintf("%s, stage %d, %s", to.Job, to.Stage+1, other.Stages[to.Stage].Name)
			} else if other.ID == to.Job {
				return to.Job
			}
		}
	}
	return to.Job + ", which is not in this run"
}

func copies(n int) string {
	if n == 1 {
		return "1 copy"
	}
	return fmt.Sprintf("%d copies", n)
}

func (t *planText) sameDirs(inst *plan.Instance) bool {
	return !slices.ContainsFunc(inst.Stages, func(s *plan.Stage) bool { return s.Dir != inst.Stages[0].Dir })
}

func (t *planText) sameStderr(inst *plan.Instance) bool {
	first := firstProcess(inst)
	return !slices.ContainsFunc(inst.Stages, func(s *plan.Stage) bool { return s.Tee == nil && s.Stderr != first.Stderr })
}

// argvText is the argv of s as a line that can be copied into a shell.
func argvText(s *plan.Stage) string {
	argv := make([]string, len(s.Argv))
	for i, a := range s.Argv {
		argv[i] = a.String()
	}
	return report.Quote(argv)
}

func (t *planText) input(in plan.Input) string {
	switch in.Kind {
	case plan.InFile:
		if in.Later && in.Named == nil {
			return "file " + t.near(in.Path) + " (made by a job before it)"
		}
		return "file " + t.file(in.Path, in.Named)
	case plan.InText:
		return "text " + report.Quote([]string{in.Text.String()})
	case plan.InJob:
		return "captured output of " + in.Job
	case plan.InInherit:
		return "sluice's own"
	}
	return "none"
}

func (t *planText) output(o plan.Output) string {
	switch o.Kind {
	case plan.OutFile:
		return fmt.Sprintf("file %s, %s", t.file(o.Path, o.Named), o.Mode)
	case plan.OutCapture:
		return "captured, at most " + report.Count(int(o.Max), "byte")
	case plan.OutInherit:
		return "sluice's own"
	case plan.OutDiscard:
		return "discarded"
	case plan.OutStdout:
		return "joined to stdout"
	case plan.OutJob:
		return "joined to the job's stdout"
	}
	return "log"
}

// env tells the variables that the file sets in full, and what the caller
// passes by name.
func (t *planText) env(indent int, env []plan.EnvVar) {
	var passed []string
	for _, v := range env {
		switch v.From {
		case "caller":
			passed = append(passed, v.Name)
		case "stage", "channel":
		default:
			t.pair(indent, "env", v.Name+"="+report.Quote([]string{v.Value.String()}))
		}
	}
	if passed != nil {
		t.line(indent, t.dim("passed  "+report.Visible(strings.Join(passed, " "))))
	}
}
