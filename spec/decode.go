package spec

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"sluice/spec/diag"
)

// decoder turns checked nodes into the types of this package and collects
// every problem on its way. One decoder reads one file.
type decoder struct {
	src    *source
	limits Limits
	list   diag.List
	types  map[reflect.Type]*fields
	bounds []Bound
	words  int // of all lines so far
}

func (d *decoder) add(rule string, pos diag.Pos, length int, msg, hint string) *diag.Problem {
	p := diag.New(rule, pos, length, msg, hint)
	p.File = d.src.name
	return d.list.Add(p)
}

func (d *decoder) pos(n *yaml.Node) diag.Pos { return diag.Pos{Line: n.Line, Col: n.Column} }

func (d *decoder) str(n *yaml.Node) String {
	return String{Value: n.Value, Pos: d.pos(n), Tag: n.Tag, style: n.Style, src: d.src}
}

// decode reads n into the pointer dst: a decodable, a pointer to a struct of
// this package, or a pointer to a pointer to one. what names the place for
// messages.
func (d *decoder) decode(n *yaml.Node, dst any, what string) {
	if v, ok := dst.(decodable); ok {
		v.decode(d, n, what)
		return
	}
	v := reflect.ValueOf(dst).Elem()
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		if inner, ok := v.Interface().(decodable); ok {
			inner.decode(d, n, what)
			return
		}
		v = v.Elem()
	}
	d.mapping(n, v, what)
}

// mapping reads the keys of n into the fields of the struct v. meant are the
// keys that were probably meant by unknown ones, which it reports.
func (d *decoder) mapping(n *yaml.Node, v reflect.Value, what string) (meant map[string]bool) {
	fields := d.fields(v.Type())
	if n.Kind != yaml.MappingNode {
		d.wrongKindHint(n, what, "a mapping", fields.scalarHint(n))
		return nil
	}
	if fields.pos >= 0 {
		v.Field(fields.pos).Set(reflect.ValueOf(d.pos(n)))
	}
	if fields.layout >= 0 {
		v.Field(fields.layout).Set(reflect.ValueOf(d.layout(n)))
	}
	seen := make([]bool, len(fields.list))
	meant = map[string]bool{}
	for i := 0; i+1 < len(n.Content) && !d.list.Full(); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" {
			continue // reported by checkTree
		}
		at, ok := fields.byKey[key.Value]
		if !ok {
			if fields.free == "" || !strings.HasPrefix(key.Value, fields.free) {
				meant[d.unknownKey(key, value, what, fields.keys)] = true
			}
			continue
		}
		seen[at] = true
		if isNull(value) {
			continue // reported by checkTree
		}
		f := fields.list[at]
		dst := v.Field(f.index).Addr().Interface()
		d.decode(value, dst, f.key)
		if f.bound != "" {
			d.bound(f, dst)
		}
	}
	for i, f := range fields.list {
		if f.required && !seen[i] && !meant[f.key] {
			d.add("SL017", d.pos(n), 1, fmt.Sprintf("%s has no %q", what, f.key), f.hint())
		}
	}
	return meant
}

// bound remembers a value that was given and has a range.
func (d *decoder) bound(f field, dst any) {
	key := f.key
	add := func(v any, raw string, pos diag.Pos) {
		if pos.IsZero() {
			return // it could not be read, which was told
		}
		d.bounds = append(d.bounds, Bound{Key: key, Tag: f.bound, Value: v, Raw: raw, Pos: pos})
	}
	switch dst := dst.(type) {
	case *Int:
		add(dst.Value, dst.Raw, dst.Pos)
	case *Float:
		add(dst.Value, dst.Raw, dst.Pos)
	case *Duration:
		add(dst.Value, dst.Raw, dst.Pos)
	case *Size:
		add(dst.Value, dst.Raw, dst.Pos)
	case *List[Int]:
		for _, item := range dst.Items {
			add(item.Value, item.Raw, item.Pos)
		}
	case *Map[Int]:
		for _, e := range dst.Entries {
			key = entryOf(f.key, e.Key.Value)
			add(e.Value.Value, e.Value.Raw, e.Value.Pos)
		}
	default:
		panic(fmt.Sprintf("%s: a %T has no range", f.key, dst))
	}
}

// boundShort is bound for a value that stands for the mapping t by itself, as
// the one of its key.
func (d *decoder) boundShort(t reflect.Type, key string, dst any) {
	f := d.fields(t)
	if at := f.list[f.byKey[key]]; at.bound != "" {
		d.bound(at, dst)
	}
}

func (d *decoder) fields(t reflect.Type) *fields {
	f := d.types[t]
	if f == nil {
		f = fieldsOf(t)
		d.types[t] = f
	}
	return f
}

// unknownKey reports key, which has value, and returns the one of keys that was
// probably meant, or "".
func (d *decoder) unknownKey(key, value *yaml.Node, what string, keys []string) (near string) {
	msg := fmt.Sprintf("unknown key %s in %s", show(key.Value), what)
	hint := "expected one of " + strings.Join(slices.Sorted(slices.Values(keys)), ", ")
	if within := insideKey(key.Value, value, keys); within != "" {
		hint = "write " + within
	} else if near = nearestKey(key.Value, keys); near != "" {
		msg += fmt.Sprintf("; did you mean %q?", near)
		hint = ""
	} else if isNull(value) && d.isBare(key) {
		hint = "a text with a comma in it is written in quotes"
	} else if _, ofJob := d.fields(reflect.TypeFor[Job]()).byKey[key.Value]; ofJob && what == "a stage" {
		hint = key.Value + " belongs to the whole job: write it beside pipe"
	} else if _, ofStage := d.fields(reflect.TypeFor[Stage]()).byKey[key.Value]; ofStage && strings.HasPrefix(what, "job ") {
		hint = key.Value + " belongs to a stage: write pipe: [{run: …, " + key.Value + ": …}]"
		if key.Value == "tee" || key.Value == "spill" {
			hint = key.Value + " belongs to a stage: write pipe: [{tee: […]}]"
		}
	}
	d.add("SL014", d.pos(key), scalarLen(key), msg, hint)
	return near
}

func (d *decoder) wrongKind(n *yaml.Node, what, want string) { d.wrongKindHint(n, what, want, "") }

func (d *decoder) wrongKindHint(n *yaml.Node, what, want, hint string) {
	found, length := "a mapping", 1
	switch n.Kind {
	case yaml.AliasNode:
		return // reported by checkTree
	case yaml.SequenceNode:
		found = "a list"
	case yaml.ScalarNode:
		found, length = show(n.Value), scalarLen(n)
	}
	d.add("SL016", d.pos(n), length, fmt.Sprintf("%s is %s; expected %s", what, found, want), hint)
}

// isNull reports whether n stands for no value.
func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// field is one key of a mapping, as the tags of its struct field say.
type field struct {
	index    int
	key      string
	required bool
	tags     reflect.StructTag // holds what else documents it, read where it is needed
	bound    string            // constraint of go-playground/validator on the value, or on each item
}

func (f field) hint() string {
	example := f.tags.Get("example")
	if example == "" {
		return ""
	}
	return "such as " + f.key + ": " + example
}

// fields are the keys of a struct type.
type fields struct {
	list   []field
	byKey  map[string]int
	keys   []string
	pos    int    // index of the field named Pos, or -1
	layout int    // the same of Layout
	free   string // prefix of keys that are ignored, or empty
}

// scalarHint is what to write for n, where a mapping of these keys is expected
// and n is the value of the one that it is mostly about.
func (f *fields) scalarHint(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode {
		return ""
	}
	for _, key := range []string{"run", "attempts", "signal", "default", "port", "factor", "max_size", "max"} {
		if _, has := f.byKey[key]; !has {
			continue
		}
		value := flowText(n.Value)
		switch {
		case key == "port":
			key = readyKey(n.Value)
		case key == "factor": // of restart: retry has attempts
			key, value = "when", restartWord(n.Value)
		case key == "max" && n.Value == "true":
			return "write {}" // capture: true
		}
		if value == "" || value == "true" || value == "false" {
			return ""
		}
		return "write {" + key + ": " + value + "}"
	}
	return ""
}

// flowText is text as a plain or quoted scalar between { and }.
func flowText(text string) string {
	if text == "" || strings.ContainsAny(text, ":#{}[],&*!|>'\"%@`\n") {
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	}
	return text
}

// fieldsOf reads the tags of struct type t: `key` names the YAML key, with
// ",required"; `doc`, `default` and `example` document it; `validate` bounds
// its value, or each item; `enum` names the list of its words (words.go) and
// `names` says what its items or the keys below it name (schema_names.go), for
// the schema; `free` on any field names the prefix of keys that authors may use
// as they like.
func fieldsOf(t reflect.Type) *fields {
	f := &fields{byKey: map[string]int{}, pos: -1, layout: -1}
	for i := range t.NumField() {
		sf := t.Field(i)
		switch sf.Name {
		case "Pos":
			f.pos = i
		case "Layout":
			f.layout = i
		}
		tag, ok := keyTag(sf.Tag)
		if !ok {
			f.free += sf.Tag.Get("free")
			continue
		}
		key, required := strings.CutSuffix(tag, ",required")
		f.byKey[key] = len(f.list)
		f.keys = append(f.keys, key)
		f.list = append(f.list, field{i, key, required, sf.Tag, sf.Tag.Get("validate")})
	}
	return f
}

// keyTag is the `key` of a field's tag, which stands first in it: quicker than
// StructTag.Get, which would be felt at every start.
func keyTag(tag reflect.StructTag) (key string, ok bool) {
	rest, ok := strings.CutPrefix(string(tag), `key:"`)
	if !ok {
		return "", false
	}
	key, _, ok = strings.Cut(rest, `"`)
	return key, ok
}
