package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"sluice/spec"
	"sluice/spec/diag"
)

// param is a param with its values. Those of a path are absolute.
type param struct {
	decl   *spec.Param
	values []string
}

// bindParams gives every param of the file its value: what the caller gave,
// else the default.
func (b *builder) bindParams(p *Plan) {
	b.params = map[string]param{}
	if wrong := CheckParams(b.file, b.in.Params); len(wrong) > 0 {
		b.list = append(b.list, wrong...)
		return
	}
	for _, e := range b.file.Params.Entries {
		bound := param{decl: e.Value, values: []string{}}
		given, ok := b.in.Params[e.Key.Value]
		dir := given.Dir
		if ok {
			bound.values = given.Values
		} else {
			dir = b.fileDir
			if b.file.Dir.IsSet() && len(b.file.Dir.Refs()) == 0 {
				dir = absolute(b.fileDir, b.file.Dir.Value)
			}
			for _, v := range e.Value.Default.Values {
				bound.values = append(bound.values, v.Value)
			}
		}
		if e.Value.TypeName() == "path" {
			paths := make([]string, len(bound.values))
			for i, v := range bound.values {
				paths[i] = absolute(dir, v)
			}
			bound.values = paths
		}
		b.params[e.Key.Value] = bound
		p.Params = append(p.Params, Param{Name: e.Key.Value, Values: bound.values, List: e.Value.List.Value})
	}
}

// CheckParams says what is wrong with the values that a caller gives for the
// params of f. The places are those of the params' declarations.
func CheckParams(f *spec.File, given map[string]Given) diag.List {
	var list diag.List
	add := func(pos diag.Pos, msg, hint string) {
		p := diag.New("SL403", pos, 1, msg, hint)
		p.File = f.Name
		list = append(list, p)
	}
	var names []string
	for _, e := range f.Params.Entries {
		names = append(names, e.Key.Value)
		g, ok := given[e.Key.Value]
		switch {
		case !ok && e.Value.IsRequired():
			add(e.Key.Pos, fmt.Sprintf("param %q is required", e.Key.Value), "give it with -p "+e.Key.Value+"="+placeholder(e.Value))
		case ok && len(g.Values) == 0 && !e.Value.List.Value:
			add(e.Key.Pos, fmt.Sprintf("%s: param %q is given an empty list, and is none", g.Source, e.Key.Value), "")
		case len(g.Values) > 1 && !e.Value.List.Value:
			add(e.Key.Pos, fmt.Sprintf("param %q is given %d times and is no list", e.Key.Value, len(g.Values)), "")
		}
		for _, v := range g.Values {
			if wrong := e.Value.Check(v); wrong != "" {
				add(e.Key.Pos, fmt.Sprintf("%s: %s", clip(g.Source), wrong), describe(e.Value))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(names, name) {
			msg, hint := fmt.Sprintf("%s: the file has no param %q", given[name].Source, name), ""
			if near := spec.Nearest(name, names); near != "" {
				msg += fmt.Sprintf("; did you mean %q?", near)
			} else if len(names) > 0 {
				hint = "it has " + strings.Join(names, ", ")
			}
			add(diag.Pos{}, msg, hint)
		}
	}
	return list
}

// clip is text that fits into a message.
func clip(text string) string {
	const most = 100
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}

func placeholder(p *spec.Param) string { return "<" + p.TypeName() + ">" }

func describe(p *spec.Param) string {
	article := "a "
	if strings.ContainsRune("aeiou", rune(p.TypeName()[0])) {
		article = "an "
	}
	text := "it is " + article + p.TypeName()
	if p.Description.IsSet() {
		text += ": " + p.Description.Value
	}
	return text
}
