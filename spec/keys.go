package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Key is the documentation of one key of job files, made from the struct tags
// as the schema is.
type Key struct {
	Name     string
	Path     string // from the top: "jobs.NAME.retry.jitter", where NAME stands for a name of the author's
	Type     string // what its value is, in words
	Doc      string
	Default  string // as YAML; empty where the language gives none
	Example  string // as YAML, on one line
	Required bool
	Keys     []Key // below it, or in the mappings that it holds

	steps []step
}

// step is one level of a path.
type step struct {
	name   string
	isList bool // its value is a list, of which the path means an item
}

// Keys are the keys of the top level, in the order of the language, and with
// them all others.
func Keys() []Key {
	root, defs := schemaOfFile()
	return keyReader{defs}.keys(root, nil, nil)
}

// KeyAt finds the key that path names from the top, such as
// "jobs.NAME.retry.jitter". Any other name may stand for NAME within a path, or none.
func KeyAt(path string) (Key, bool) {
	return keyAt(Keys(), strings.Split(path, "."))
}

func keyAt(keys []Key, words []string) (Key, bool) {
	if k, ok := keyNamed(keys, words); ok || len(words) < 2 {
		return k, ok
	}
	return keyNamed(slices.DeleteFunc(slices.Clone(keys), func(k Key) bool { return !k.isNamed() }), words[1:])
}

// keyNamed is keyAt where words begin with no name of the author's.
func keyNamed(keys []Key, words []string) (Key, bool) {
	for _, k := range keys {
		if k.Name != words[0] {
			continue
		}
		if len(words) == 1 {
			return k, true
		}
		if below, ok := keyAt(k.Keys, words[1:]); ok {
			return below, true
		}
		return k, k.holdsNames() && len(words) == 2 && step{name: words[1]}.isName()
	}
	return Key{}, false
}

func hasName(keys []Key, name string) bool {
	return slices.ContainsFunc(keys, func(k Key) bool { return k.Name == name })
}

// isNamed reports whether k stands in a mapping that has a name of the
// author's.
func (k Key) isNamed() bool { return len(k.steps) > 1 && k.steps[len(k.steps)-2].isName() }

// isName reports whether s stands for a name of the author's.
func (s step) isName() bool { return s.name == anyName || s.name == anyAxis }

// What stands in paths for a name of the author's.
const (
	anyName = "NAME"
	anyAxis = "AXIS"
)

// holdsNames reports whether the value of k is a mapping from names that the
// author chose.
func (k Key) holdsNames() bool {
	return strings.HasPrefix(k.Type, mappingOfNames) || strings.HasPrefix(k.Type, "a mapping of axes")
}

// KeysNamed finds the keys whose path ends in path, NAME left out or replaced
// as in KeyAt: "retry.jitter", or "jitter". Where there are none, a key may also
// be named by one that it stands beside: "tee.spill".
func KeysNamed(path string) (found []Key) {
	words := strings.Split(path, ".")
	var visit func(keys []Key, named func(Key) bool)
	visit = func(keys []Key, named func(Key) bool) {
		for _, k := range keys {
			if named(k) {
				found = append(found, k)
			}
			visit(k.Keys, named)
		}
	}
	all, last := Keys(), len(words)-1
	visit(all, func(k Key) bool { return k.endsIn(words) })
	if len(found) > 0 || last == 0 {
		return found
	}
	before := KeysNamed(strings.Join(words[:last], "."))
	visit(all, func(k Key) bool { return k.Name == words[last] && slices.ContainsFunc(before, k.isNear) })
	return found
}

// isNear reports whether k is a key of other's value, or of the mapping that
// other is a key of.
func (k Key) isNear(other Key) bool {
	mapping := k.steps[:len(k.steps)-1]
	if pathOf(mapping) == pathOf(other.steps[:len(other.steps)-1]) {
		return true
	}
	if k.isNamed() {
		mapping = mapping[:len(mapping)-1]
	}
	return pathOf(mapping) == other.Path
}

func (k Key) endsIn(words []string) bool {
	full := k.steps
	for i := len(words) - 1; i >= 0; i-- {
		for len(full) > 0 && full[len(full)-1].isName() && full[len(full)-1].name != words[i] {
			full = full[:len(full)-1]
		}
		if len(full) == 0 || full[len(full)-1].name != words[i] {
			return false
		}
		full = full[:len(full)-1]
	}
	return true
}

// SameAs reports whether k and other are one key that stands in two places.
func (k Key) SameAs(other Key) bool {
	return k.Name == other.Name && k.Type == other.Type && k.Doc == other.Doc && k.Default == other.Default && k.Example == other.Example
}

// keyReader reads the schema of a file as documentation.
type keyReader struct {
	defs map[string]*schema
}

// target is what s refers to, or s.
func (r keyReader) target(s *schema) *schema {
	if len(s.AllOf) == 1 {
		if inner, ok := s.AllOf[0].(*schema); ok {
			s = inner
		}
	}
	if name, ok := strings.CutPrefix(s.Ref, "#/definitions/"); ok {
		return r.defs[name]
	}
	return s
}

// keys are the keys in the mappings that a value of s holds. within are the
// schemas that it stands in, which ends the recursion of a type that holds
// itself.
func (r keyReader) keys(s *schema, path []step, within []*schema) (keys []Key) {
	s = r.target(s)
	if s.leaf || slices.Contains(within, s) {
		return nil
	}
	within = append(slices.Clone(within), s)
	for _, name := range s.keys {
		k := r.key(name, s, append(slices.Clone(path), step{name: name}), within)
		if !hasName(keys, name) {
			keys = append(keys, k)
		}
	}
	if entries, ok := s.Additional.(*schema); ok && s.entry != "" {
		keys = append(keys, r.keys(entries, append(slices.Clone(path), step{name: s.entry}), within)...)
	}
	if s.Items != nil {
		path = slices.Clone(path)
		path[len(path)-1].isList = true
		keys = append(keys, r.keys(s.Items, path, within)...)
	}
	for _, form := range s.AnyOf {
		for _, k := range r.keys(form, path, within) {
			if !hasName(keys, k.Name) {
				keys = append(keys, k)
			}
		}
	}
	return keys
}

// key is the documentation of the key called name of a mapping of s.
func (r keyReader) key(name string, s *schema, path []step, within []*schema) Key {
	property, tags := s.Properties[name], s.fields[name].tags
	k := Key{
		Name: name, steps: path, Doc: property.Description, Type: r.words(property),
		Default: property.written(tags.Get("default"), property.Default), Example: property.written(tags.Get("example"), property.Examples),
		Required: slices.Contains(s.Required, name), Keys: r.keys(property, path, within),
	}
	k.Path = pathOf(path)
	return k
}

// written is a default or an example as YAML: what a tag says, or, where there
// is none, value.
func (s *schema) written(tag string, value any) string {
	if list, ok := value.([]any); ok && len(list) > 0 {
		value = list[0]
	}
	text, isText := value.(string)
	switch {
	case isText && (tag == "" || s.text):
		return flowText(text)
	case tag == "" && value != nil:
		return s.sample
	}
	return tag
}

const mappingOfNames = "a mapping from names"

// words say what a value of s is.
func (r keyReader) words(s *schema) string {
	s = r.target(s)
	switch entries, _ := s.Additional.(*schema); {
	case s.words != "":
		return s.words
	case s.Const != nil:
		return fmt.Sprint(s.Const)
	case s.Items != nil && s.MaxItems > 0:
		return fmt.Sprintf("a list of %d, each %s", s.MaxItems, r.words(s.Items))
	case s.Items != nil:
		return "a list, each item " + r.words(s.Items)
	case entries != nil:
		return mappingOfNames + ", each to " + r.words(entries)
	case s.Type == "boolean":
		return "true or false"
	case s.Type == "integer":
		return "a whole number" + span(s)
	case s.Type == "number":
		return "a number" + span(s)
	}
	return "a mapping"
}

// span is the range of a number.
func span(s *schema) string {
	text := func(v *float64) string { return strconv.FormatFloat(*v, 'f', -1, 64) }
	switch {
	case s.Minimum != nil && s.Maximum != nil:
		return " from " + text(s.Minimum) + " to " + text(s.Maximum)
	case s.Minimum != nil:
		return " of at least " + text(s.Minimum)
	}
	return ""
}

func oneOf(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return "one of " + strings.Join(words[:last], ", ") + " and " + words[last]
}
