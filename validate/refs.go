package validate

import (
	"fmt"
	"slices"

	"sluice/spec"
)

// refs checks that every ${…} in t has a value at place p of job j, which is
// nil outside of jobs.
func (c *check) refs(j *spec.Job, t spec.Template, p place) {
	for _, r := range t.Refs() {
		c.ref(j, r, p)
	}
}

func (c *check) ref(j *spec.Job, r *spec.Ref, p place) {
	switch r.Root {
	case "params":
		c.paramRef(r)
	case "env":
		c.envRef(r, p)
	case "matrix":
		c.matrixRef(j, r, p)
	case "jobs":
		c.jobRef(j, r, p)
	case "run", "job", "attempt":
		c.runRef(j, r, p)
	default:
		c.badRef(r, "there is nothing named "+r.Root, c.nearRoot(r.Root))
	}
}

func (c *check) badRef(r *spec.Ref, msg, hint string) {
	c.add("SL104", r.Pos, len([]rune(r.Text)), r.Text+": "+msg, hint)
}

func (c *check) nearRoot(root string) string {
	if near := spec.Nearest(root, spec.Roots()); near != "" {
		return "did you mean " + near + "?"
	}
	return "a reference begins with params, matrix, env, jobs, run, job or attempt"
}

var pathProps = []string{"dir", "base", "stem", "ext"}

func (c *check) paramRef(r *spec.Ref) {
	p, ok := c.params[r.Name]
	switch {
	case !ok:
		s := spec.String{Value: r.Name, Pos: r.Pos}
		s.Pos.Col += len("${params.")
		c.unknown(s, "param", c.paramNames)
	case p == nil || c.broken.params[r.Name]:
	case p.List.Value:
		c.badRef(r, "a list can't stand within a text", "as an element of args write {param: "+r.Name+"}")
	case r.Prop != "" && !slices.Contains(pathProps, r.Prop):
		c.badRef(r, "."+r.Prop+" is no part of a path", "expected one of .dir, .base, .stem, .ext")
	case r.Prop != "" && p.TypeName() != "path":
		c.badRef(r, fmt.Sprintf("param %q is %s; only a path has .%s", r.Name, article(p.TypeName()), r.Prop), "give the param type: path")
	}
}

func (c *check) envRef(r *spec.Ref, p place) {
	switch {
	case !spec.IsEnvName(r.Name):
		c.badRef(r, "that can't name an environment variable", "")
	case r.Prop != "":
		c.badRef(r, "a variable has no ."+r.Prop, "only values of type path have parts; declare a param")
	case p == placeEnvFile:
		c.badRef(r, "env_file is read before the environment is known", "use a param")
	}
}

func (c *check) matrixRef(j *spec.Job, r *spec.Ref, p place) {
	if j != nil && j.Matrix == nil && c.broken.jobs[j.Name.Value] {
		return
	}
	if j == nil {
		c.badRef(r, "the axes of a matrix are known only within its job", "")
		return
	}
	if j.Matrix == nil {
		c.badRef(r, "there is no matrix here", "add matrix: {"+r.Name+": […]} to the job")
		return
	}
	var names []string
	for _, a := range j.Matrix.Axes {
		names = append(names, a.Name.Value)
		if a.Name.Value != r.Name {
			continue
		}
		param := c.params[a.Param.Value]
		isPath := a.Glob.IsSet() || param != nil && param.TypeName() == "path"
		switch {
		case a.Job.IsSet() && p.planned() && p != placeFile:
			c.badRef(r, fmt.Sprintf("this must be known before anything runs, and the values of axis %q are what job %q prints", r.Name, a.Job.Value), "put it into args, env, stdin, stdout or stderr")
		case r.Prop != "" && !slices.Contains(pathProps, r.Prop):
			c.badRef(r, "."+r.Prop+" is no part of a path", "expected one of .dir, .base, .stem, .ext")
		case r.Prop != "" && !isPath:
			c.badRef(r, fmt.Sprintf("the values of axis %q are no paths; only those of {glob: …} have .%s", r.Name, r.Prop), "")
		}
		return
	}
	s := spec.String{Value: r.Name, Pos: r.Pos}
	s.Pos.Col += len("${matrix.")
	c.unknown(s, "axis", names)
}

func (c *check) jobRef(j *spec.Job, r *spec.Ref, p place) {
	from := c.jobs[r.Name]
	_, isOutput := r.Output()
	name := spec.String{Value: r.Name, Pos: r.Pos}
	name.Pos.Col += len("${jobs.")
	switch {
	case j == nil:
		c.badRef(r, "what jobs give is known only within jobs", "put it into the env of a job that needs "+r.Name)
	case from == nil:
		c.unknown(name, "job", c.jobNames)
	case r.Prop != "stdout" && !isOutput:
		c.badRef(r, "a job gives only its stdout and its outputs", "write ${jobs."+r.Name+".stdout}, or ${jobs."+r.Name+".outputs.NAME}")
	case p.planned():
		c.badRef(r, "this must be known before anything runs", "put it into args, env or stdin: {text: …}")
	case c.broken.jobs[j.Name.Value] && !j.Needs.IsSet():
	case !slices.ContainsFunc(j.Needs.Items, func(s spec.String) bool { return s.Value == r.Name }) &&
		!slices.ContainsFunc(j.Sources(), func(s spec.Source) bool { return s.Job.Value == r.Name }):
		c.badRef(r, fmt.Sprintf("job %q does not need job %q", j.Name.Value, r.Name), "add needs: ["+r.Name+"]")
	case isOutput:
		c.handsOver(from, r, name)
	default:
		c.captures(from, name, r.Text)
	}
}

func (c *check) runRef(j *spec.Job, r *spec.Ref, p place) {
	want := map[string]string{"run": "id", "job": "name", "attempt": ""}[r.Root]
	switch {
	case r.Name != want || r.Prop != "":
		full := map[string]string{"run": "${run.id}", "job": "${job.name}", "attempt": "${attempt}"}[r.Root]
		c.badRef(r, "there is no such value", "write "+full)
	case r.Root != "run" && j == nil:
		c.badRef(r, "it is known only within jobs", "")
	case r.Root != "job" && p.planned():
		c.badRef(r, "this must be known before anything runs", "put it into args, env or stdin: {text: …}")
	}
}
