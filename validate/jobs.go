package validate

import (
	"fmt"
	"slices"
	"strings"

	"sluice/spec"
	"sluice/spec/diag"
)

// job checks the keys of one job against each other and its names against the
// file.
func (c *check) job(j *spec.Job) {
	c.runs(j)
	c.references(j)
	c.envNames(j.Env, j.PassEnv)
	c.matrix(j)
	c.streams(j)
	c.waivers(j)
	c.okCodes(j.OK)
	if j.When != nil {
		c.when(j.When)
	}
	c.stop(j.Stop)
	c.word(j.Group, spec.Groups(), "process group that a job can run in")
	c.retry(j.Retry, c.broken.jobs[j.Name.Value])
	c.retriedSuccess(j)
	c.ends(j)
	c.lasting(j)
	c.channels(j)
	c.terminal(j)
}

// runs checks that j, and each part of it, says exactly once what it runs.
func (c *check) runs(j *spec.Job) {
	if !j.Pos.IsZero() { // else it is no mapping, which was told
		c.oneWay(j.Layout, j.Args, j.Name, fmt.Sprintf("job %q", j.Name.Value), "run", "command", "pipe")
	}
	c.pipe(j.Pipe)
	if j.Run.IsSet() {
		c.line(j.Run)
	}
	for _, s := range j.Inner() {
		c.envNames(s.Env, spec.List[spec.String]{})
		c.okCodes(s.OK)
		if s.Run.IsSet() {
			c.line(s.Run)
		}
		if s.Written() && !s.Short {
			c.oneWay(s.Layout, s.Args, mark(s.Pos), "a stage", "run", "command", "tee")
		}
	}
	for _, b := range j.Branches() {
		c.pipe(b.Pipe)
		if !b.Short {
			c.oneWay(b.Layout, b.Args, mark(b.Pos), "a branch", "file", "run", "command", "pipe")
		}
	}
	for _, f := range j.Feeds() {
		c.pipe(f.Pipe)
		if !f.Short {
			c.oneWay(f.Layout, f.Args, mark(f.Pos), "an input", "branch", "run", "command", "pipe")
		}
	}
	c.plumbing(j)
}

// mark is a place of one character.
func mark(pos diag.Pos) spec.String { return spec.String{Pos: pos, Value: " "} }

// pipe checks that a pipeline has stages.
func (c *check) pipe(p spec.List[*spec.Stage]) {
	if p.IsSet() && len(p.Items) == 0 {
		c.add("SL017", p.Pos, 1, "pipe has no stages", "list them: pipe: [sort, uniq -c]")
	}
}

// oneWay checks that a mapping has exactly one of the keys ways, which say what
// to run.
func (c *check) oneWay(l spec.Layout, args spec.List[spec.Arg], at spec.String, what string, ways ...string) {
	given := c.given(l, ways...)
	switch {
	case len(given) > 1:
		c.at("SL017", at, fmt.Sprintf("%s has %s; expected exactly one", what, strings.Join(given, " and ")), "")
	case c.unsure(l):
	case len(given) == 0:
		hint := "give it one of " + strings.Join(ways, ", ")
		if args.IsSet() {
			hint = "args: are those of a command: name it with command:"
		}
		c.at("SL017", at, what+" has nothing to run", hint)
	case args.IsSet() && given[0] != "command":
		c.add("SL017", args.Pos, 1, fmt.Sprintf("args belong to command, and %s has %s", what, given[0]), "write command: and args:, or put the arguments into the line")
	}
}

// given are those of keys that a mapping has, but for those of which reading
// the file has told.
func (c *check) given(l spec.Layout, keys ...string) (given []string) {
	for _, key := range keys {
		if k := l.Key(key); k.IsSet() && !c.told[k.Pos] {
			given = append(given, key)
		}
	}
	return given
}

// unsure reports whether reading the file has told of a key of a mapping, which
// may be meant to be another one.
func (c *check) unsure(l spec.Layout) bool {
	return slices.ContainsFunc(l.Keys, func(k spec.String) bool { return c.told[k.Pos] })
}

// line checks that l could be split into at least one word.
func (c *check) line(l spec.Line) {
	for _, f := range l.Found {
		if f.Kind == spec.FoundQuote {
			what, hint := "a quote that does not end", `close it, or write \`+f.Text[:1]+" where the quote is text"
			if f.Text == `\` {
				what, hint = `a \ with nothing after it`, `a line goes on in the next one by itself below run: >-; write '\' where it is text`
			}
			c.add("SL106", f.Pos, 1, what, hint)
			return
		}
	}
	if strings.TrimSpace(l.Value) == "" {
		c.at("SL017", l.String, "the line has no command", "")
	}
}

// references checks the names of other things that j uses.
func (c *check) references(j *spec.Job) {
	for i, list := range []spec.List[spec.String]{j.Needs, j.After} {
		key := []string{"needs", "after"}[i]
		seen := map[string]bool{}
		for _, s := range list.Items {
			switch {
			case seen[s.Value]:
				c.at("SL008", s, fmt.Sprintf("job %q stands twice in %s", s.Value, key), "")
			case c.jobs[s.Value] == nil:
				c.unknown(s, "job", c.jobNames)
			}
			seen[s.Value] = true
		}
	}
	for _, from := range j.Sources() {
		if c.jobs[from.Job.Value] == nil {
			c.unknown(from.Job, "job", c.jobNames)
		}
	}
	if _, ok := c.file.Pools.Get(j.Pool.Value); j.Pool.IsSet() && !ok {
		var names []string
		for _, e := range c.file.Pools.Entries {
			names = append(names, e.Key.Value)
		}
		c.unknown(j.Pool, "pool", names)
	}
}

func (c *check) when(w *spec.When) {
	for key, l := range map[string]spec.List[spec.String]{"os": w.OS, "arch": w.Arch} {
		if l.IsSet() && len(l.Items) == 0 {
			c.add("SL018", l.Pos, 2, key+" is empty, so the job would never run", "remove it, or name what the job is for")
		}
	}
	for _, s := range w.OS.Items {
		if names := spec.Systems(); !slices.Contains(names, s.Value) {
			c.unknownPlatform(s, "operating system", names)
		}
	}
	for _, s := range w.Arch.Items {
		if names := spec.Processors(); !slices.Contains(names, s.Value) {
			c.unknownPlatform(s, "processor", names)
		}
	}
	for _, e := range w.Param.Entries {
		p, ok := c.params[e.Key.Value]
		if !ok {
			c.unknown(e.Key, "param", c.paramNames)
			continue
		}
		if p == nil || !e.Value.IsSet() || c.broken.params[e.Key.Value] {
			continue
		}
		if wrong := p.Check(e.Value.Value); wrong != "" {
			c.at("SL403", e.Value, fmt.Sprintf("param %q never has the value %q: %s", e.Key.Value, e.Value.Value, wrong), "")
		}
	}
}

// unknownPlatform reports s, which is none of names. Other tools have other
// names for some of them.
func (c *check) unknownPlatform(s spec.String, kind string, names []string) {
	own := map[string]string{"macos": "darwin", "osx": "darwin", "mac": "darwin", "win32": "windows", "x86_64": "amd64", "x64": "amd64", "aarch64": "arm64", "x86": "386", "i386": "386", "i686": "386"}[strings.ToLower(s.Value)]
	if slices.Contains(names, own) {
		c.at("SL101", s, fmt.Sprintf("there is no %s %q; did you mean %q?", kind, s.Value, own), "")
		return
	}
	c.unknown(s, kind, names)
}

// okCodes reports a list of exit codes that no ending can be in.
func (c *check) okCodes(codes spec.List[spec.Int]) {
	if codes.IsSet() && len(codes.Items) == 0 {
		c.add("SL018", codes.Pos, 2, "ok is empty, so no exit code would be success", "remove it, or list the codes: ok: [0, 1]")
	}
}

// cycles reports jobs that wait for each other, edge by edge, and whether
// there are any.
func (c *check) cycles() (found bool) {
	const (
		open = 1
		done = 2
	)
	state := map[string]int{}
	var path []edge
	var visit func(name string)
	visit = func(name string) {
		state[name] = open
		for _, e := range c.edges(c.jobs[name]) {
			if c.jobs[e.to.Value] == nil {
				continue
			}
			path = append(path, e)
			switch state[e.to.Value] {
			case open:
				found = true
				c.cycle(path)
			case 0:
				visit(e.to.Value)
			}
			path = path[:len(path)-1]
		}
		state[name] = done
	}
	for _, name := range c.jobNames {
		if state[name] == 0 {
			visit(name)
		}
	}
	return found
}

// edge is one reason for which a job waits for another.
type edge struct {
	from string
	to   spec.String
	why  string // "needs", "after" or "reads"; or, of a service, "after " and its name
}

// edges are the reasons for which j waits for others. A job that comes after a
// service waits for its end, and so for all that need the service.
func (c *check) edges(j *spec.Job) (list []edge) {
	for _, s := range j.Needs.Items {
		list = append(list, edge{j.Name.Value, s, "needs"})
	}
	for _, s := range j.After.Items {
		list = append(list, edge{j.Name.Value, s, "after"})
		for _, client := range c.clientsOf(s.Value) {
			list = append(list, edge{j.Name.Value, client, "after " + s.Value})
		}
	}
	for _, from := range j.Sources() {
		list = append(list, edge{j.Name.Value, from.Job, "reads"})
	}
	return list
}

// mostEdges is how many edges of a cycle are told: its beginning and its end.
const mostEdges = 12

// cycle reports the cycle that the last edge of path closes.
func (c *check) cycle(path []edge) {
	last := path[len(path)-1]
	begin := slices.IndexFunc(path, func(e edge) bool { return e.from == last.to.Value })
	loop := path[begin:]
	names := []string{loop[0].from}
	var related []diag.Related
	for i, e := range loop {
		if len(loop) > mostEdges && i >= mostEdges/2 && i < len(loop)-mostEdges/2 {
			if i == mostEdges/2 {
				names = append(names, "…")
			}
			continue
		}
		names = append(names, e.to.Value)
		related = append(related, diag.Related{Pos: e.to.Pos, Msg: e.String()})
	}
	if len(loop) == 1 {
		msg, hint := fmt.Sprintf("job %q waits for itself", names[0]), "remove it"
		if service, ok := strings.CutPrefix(loop[0].why, "after "); ok {
			msg, hint = fmt.Sprintf("%s: it needs service %q, and comes after its end", msg, service), "remove it from needs or from after"
		}
		c.at("SL102", loop[0].to, msg, hint)
		return
	}
	p := c.at("SL102", loop[0].to, "jobs wait for each other: "+strings.Join(names, " -> "), "remove one of these edges")
	p.Related = related
}

func (e edge) String() string {
	if service, ok := strings.CutPrefix(e.why, "after "); ok {
		return fmt.Sprintf("%s comes after %s, which is stopped after %s", e.from, service, e.to.Value)
	}
	verb := map[string]string{"needs": "needs", "after": "comes after", "reads": "reads"}[e.why]
	return fmt.Sprintf("%s %s %s", e.from, verb, e.to.Value)
}
