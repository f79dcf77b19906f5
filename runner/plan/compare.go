package plan

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Differences says in what is differs from was as far as it matters to what is
// executed, a line for each. Two plans without differences do the same.
//
// The job file's checksum does not count, for a comment may have changed. Nor
// do bounds of the command line, and instances that only a run knows. Nor
// do variables that tell children of the session and not of their work, where
// they come from the caller: TERM, TMPDIR, DISPLAY, WAYLAND_DISPLAY,
// DBUS_SESSION_BUS_ADDRESS, XDG_RUNTIME_DIR, XDG_SESSION_ID, and those that
// begin with SSH_. Values of variables are not told: they may be secret.
func Differences(was, is *Plan) []string {
	d := &differences{}
	d.compare(nil, d.tree(was), d.tree(is))
	return d.list
}

type differences struct{ list []string }

// tree is p as JSON has it, without what does not count.
func (d *differences) tree(p *Plan) any {
	var tree map[string]any
	if err := json.Unmarshal(p.AppendJSON(nil), &tree); err != nil {
		return err.Error() // it equals no other tree
	}
	delete(tree, "sha256")
	delete(tree, "max_instances")
	jobs, _ := tree["jobs"].([]any)
	for _, j := range jobs {
		if job, _ := j.(map[string]any); job["each"] != nil {
			delete(job, "instances") // what other jobs printed made them
		}
	}
	return tree
}

// compare compares what stands at path.
func (d *differences) compare(path []string, was, is any) {
	switch was := was.(type) {
	case map[string]any:
		if is, ok := is.(map[string]any); ok {
			d.fields(path, was, is)
			return
		}
	case []any:
		if is, ok := is.([]any); ok {
			before, now := elements(path, was, is)
			d.fields(path, before, now)
			return
		}
	}
	if was != is {
		d.add(path, was, is)
	}
}

func (d *differences) fields(path []string, was, is map[string]any) {
	names := slices.Collect(maps.Keys(was))
	for name := range is {
		if _, both := was[name]; !both {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, naturally)
	for _, name := range names {
		before, had := was[name]
		now, has := is[name]
		there := append(path[:len(path):len(path)], name)
		switch {
		case passing(there, before, now):
		case had && has:
			d.compare(there, before, now)
		default:
			d.add(there, before, now)
		}
	}
}

// naturally sorts numbers by their value.
func naturally(a, b string) int {
	n, err := strconv.Atoi(a)
	m, err2 := strconv.Atoi(b)
	if err == nil && err2 == nil {
		return n - m
	}
	return strings.Compare(a, b)
}

// elements are the elements of two lists by their id or name, or where they
// have none, by their number from 1. So are stages, unless each is called what
// it was: what changed is told of the same stage.
func elements(path []string, was, is []any) (before, now map[string]any) {
	before, now = byName(was), byName(is)
	stages := path[len(path)-1] == "stages"
	if before == nil || now == nil || stages && !slices.Equal(slices.Sorted(maps.Keys(before)), slices.Sorted(maps.Keys(now))) {
		return numbered(was), numbered(is)
	}
	return before, now
}

// byName are elements by their id or name, or nil where not each has its own.
func byName(list []any) map[string]any {
	elements := map[string]any{}
	for _, e := range list {
		o, _ := e.(map[string]any)
		name, ok := o["id"].(string)
		if !ok {
			name, _ = o["name"].(string)
		}
		if name != "" {
			elements[name] = e
		}
	}
	if len(elements) < len(list) {
		return nil
	}
	return elements
}

func numbered(list []any) map[string]any {
	elements := map[string]any{}
	for i, e := range list {
		elements[strconv.Itoa(i+1)] = e
	}
	return elements
}

// passing reports whether path is that of a variable that tells of the session
// and not of the work.
func passing(path []string, was, is any) bool {
	n := len(path)
	if n < 2 || path[n-2] != "env" {
		return false
	}
	for _, v := range []any{was, is} {
		if o, ok := v.(map[string]any); ok && o["from"] != "caller" {
			return false
		}
	}
	switch name := path[n-1]; name {
	case "TERM", "TMPDIR", "DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "XDG_SESSION_ID":
		return true
	default:
		return strings.HasPrefix(name, "SSH_")
	}
}

// add tells of a difference. A nil stands for what is not there.
func (d *differences) add(path []string, was, is any) {
	where, what := place(path)
	if name, ok := strings.CutPrefix(what, "env "); ok {
		name, _, _ = strings.Cut(name, " ")
		d.list = append(d.list, where+"environment variable "+name+" "+change(was, is, "has another value"))
		return
	}
	d.list = append(d.list, where+what+" "+change(was, is, "is "+short(is)+" and was "+short(was)))
}

func change(was, is any, both string) string {
	switch {
	case was == nil:
		return "is new"
	case is == nil:
		return "is gone"
	}
	return both
}

// place is path in words: of whom, and what of it.
func place(path []string) (where, what string) {
	if len(path) < 3 || path[0] != "jobs" {
		if len(path) > 0 && strings.HasSuffix(path[0], "s") && len(path) > 1 {
			path = append([]string{path[0][:len(path[0])-1]}, path[1:]...) // "job list", "param top"
		}
		return "", strings.Join(path, " ")
	}
	where, rest := "job "+path[1], path[2:]
	if len(rest) > 1 && (rest[0] == "instances" || rest[0] == "each") {
		where, rest = rest[1], rest[2:]
	}
	if len(rest) > 1 && rest[0] == "stages" {
		where, rest = where+", stage "+rest[1], rest[2:]
	}
	if len(rest) == 0 {
		return "", where
	}
	return where + ": ", strings.Join(rest, " ")
}

// short is v as JSON, and not an endless one.
func short(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	const most = 80
	if r := []rune(string(text)); len(r) > most {
		return string(r[:most]) + "…"
	}
	return string(text)
}
