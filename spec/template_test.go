package spec

import (
	"slices"
	"testing"
)

func template(text string) Template {
	t := Template{String: block(text)}
	t.Parts, t.Found = parseTemplate(t.String)
	return t
}

func TestTemplates(t *testing.T) {
	ref := func(root, name, prop string) Part { return Part{Ref: &Ref{Root: root, Name: name, Prop: prop}} }
	text := func(s string) Part { return Part{Text: s} }
	for s, want := range map[string][]Part{
		"":                      {text("")},
		"a b":                   {text("a b")},
		"${params.top}":         {ref("params", "top", "")},
		"a${matrix.go}b":        {text("a"), ref("matrix", "go", ""), text("b")},
		"${env.A}${env.B}":      {ref("env", "A", ""), ref("env", "B", "")},
		"${params.file.stem}.o": {ref("params", "file", "stem"), text(".o")},
		"${jobs.list.stdout}":   {ref("jobs", "list", "stdout")},
		"${jobs.a.outputs.k}":   {ref("jobs", "a", "outputs.k")},
		"${run.id}":             {ref("run", "id", "")},
		"${job.name}":           {ref("job", "name", "")},
		"${attempt}":            {ref("attempt", "", "")},
		"${nonsense.x}":         {ref("nonsense", "x", "")}, // for package validate to say
		"${params.a-b}":         {ref("params", "a-b", "")},
		"$":                     {text("$")},
		"a$":                    {text("a$")},
		"$ 5 $/ $.":             {text("$ 5 $/ $.")},
		"日本${params.é}":         nil,
		"日本${params.e}":         {text("日本"), ref("params", "e", "")},
	} {
		got := template(s)
		same := slices.EqualFunc(got.Parts, want, func(a, b Part) bool {
			if a.Ref == nil || b.Ref == nil {
				return a == b
			}
			return a.Ref.Root == b.Ref.Root && a.Ref.Name == b.Ref.Name && a.Ref.Prop == b.Ref.Prop
		})
		if want != nil && (!same || len(got.Found) != 0) || want == nil && len(got.Found) == 0 {
			t.Errorf("%s: %+v found %+v", s, got.Parts, got.Found)
		}
	}
}

func TestTemplateFindings(t *testing.T) {
	for s, want := range map[string][]Finding{
		"a $HOME/x":           {{FoundExpansion, "$HOME", pos(2, 3), 2, 0}},
		"é$1x":                {{FoundExpansion, "$1", pos(2, 2), 1, 0}},
		"$${params.x}":        {{FoundExpansion, "$$", pos(2, 1), 0, 0}},
		"$(a) $'b' $\"c\"":    {{FoundExpansion, "$(", pos(2, 1), 0, 0}, {FoundExpansion, "$'", pos(2, 6), 5, 0}, {FoundExpansion, `$"`, pos(2, 11), 10, 0}},
		"${HOME}":             {{FoundExpansion, "${HOME}", pos(2, 1), 0, 0}},
		"${x:-y}${}":          {{FoundExpansion, "${x:-y}", pos(2, 1), 0, 0}, {FoundExpansion, "${}", pos(2, 8), 7, 0}},
		"${params} ${env.}":   {{FoundExpansion, "${params}", pos(2, 1), 0, 0}, {FoundExpansion, "${env.}", pos(2, 11), 10, 0}},
		"${ params.x }":       {{FoundExpansion, "${ params.x }", pos(2, 1), 0, 0}},
		"a ${params.x":        {{FoundBadRef, "${params.x", pos(2, 3), 2, 0}},
		"a ${params.x\n}b":    {{FoundBadRef, "${params.x", pos(2, 3), 2, 0}},
		"a\nb $A":             {{FoundExpansion, "$A", pos(3, 3), 4, 0}},
		"| & ; * ~ {a,b} # `": nil, // the text rules of elements are package validate's
	} {
		if got := template(s); !slices.Equal(got.Found, want) {
			t.Errorf("%q: %+v, expected %+v", s, got.Found, want)
		}
	}
}

func TestTemplateOfAFile(t *testing.T) {
	j := goodJob(t, "command: x\nargs:\n- \"\\t${params.a}\"\n- a ${jobs.b.stdout} ${attempt}\n- ${params.c}")
	a := j.Args.Items
	for i, want := range [][]int{{10}, {9, 26}, {7}} {
		var cols []int
		for _, r := range a[i].Text.Refs() {
			cols = append(cols, r.Pos.Col)
		}
		if !slices.Equal(cols, want) {
			t.Errorf("references of element %d at %v, expected %v", i, cols, want)
		}
	}
	if a[0].Text.IsWhole() || a[1].Text.IsWhole() || !a[2].Text.IsWhole() {
		t.Error("only the last is one reference and nothing else")
	}
	if got, want := a[1].Text.Masked(), "a xxxxxxxxxxxxxxxx xxxxxxxxxx"; got != want {
		t.Errorf("masked %q, expected %q", got, want)
	}
	if !slices.Contains(Roots(), a[1].Text.Refs()[0].Root) {
		t.Error("jobs is a root")
	}
}
