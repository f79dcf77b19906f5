package spec

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Schema is the JSON Schema (draft-07) of a job file, for editors. It is made
// from the types of this package, so it names every key; what no schema can
// say (references, text rules, a second reading of numbers) is for Parse and
// package validate. The same build always gives the same bytes.
func Schema() []byte {
	b := schemaBuilder{defs: map[string]*schema{}}
	root := b.mapping(reflect.TypeFor[File]())
	root.Schema = "http://json-schema.org/draft-07/schema#"
	root.Title = "sluice job file"
	root.Properties["version"].Const = 1
	root.Definitions = b.defs
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(root); err != nil {
		panic(err) // maps, strings and numbers encode
	}
	return out.Bytes()
}

// schema is the part of JSON Schema that job files need.
type schema struct {
	Schema            string              `json:"$schema,omitempty"`
	Title             string              `json:"title,omitempty"`
	Description       string              `json:"description,omitempty"`
	Ref               string              `json:"$ref,omitempty"`
	Type              any                 `json:"type,omitempty"` // a string or several
	Const             any                 `json:"const,omitempty"`
	Enum              []string            `json:"enum,omitempty"`
	Pattern           string              `json:"pattern,omitempty"`
	Minimum           *float64            `json:"minimum,omitempty"`
	Maximum           *float64            `json:"maximum,omitempty"`
	MinItems          int                 `json:"minItems,omitempty"`
	MaxItems          int                 `json:"maxItems,omitempty"`
	Items             *schema             `json:"items,omitempty"`
	Required          []string            `json:"required,omitempty"`
	Properties        map[string]*schema  `json:"properties,omitempty"`
	PatternProperties map[string]*schema  `json:"patternProperties,omitempty"`
	Additional        any                 `json:"additionalProperties,omitempty"` // false or a schema
	Dependencies      map[string][]string `json:"dependencies,omitempty"`
	OneOf             []*schema           `json:"oneOf,omitempty"`
	AllOf             []*schema           `json:"allOf,omitempty"`
	AnyOf             []*schema           `json:"anyOf,omitempty"`
	Examples          []any               `json:"examples,omitempty"`
	Definitions       map[string]*schema  `json:"definitions,omitempty"`
}

// described is a type that says itself what it looks like in a file.
type described interface {
	schema(b *schemaBuilder) *schema
}

type schemaBuilder struct {
	defs map[string]*schema
}

// define makes a definition once and refers to it.
func (b *schemaBuilder) define(name string, build func() *schema) *schema {
	if _, ok := b.defs[name]; !ok {
		b.defs[name] = nil // ends the recursion of a type that holds itself
		b.defs[name] = build()
	}
	return &schema{Ref: "#/definitions/" + name}
}

// of is the schema of a value of type t.
func (b *schemaBuilder) of(t reflect.Type) *schema {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if d, ok := reflect.Zero(t).Interface().(described); ok {
		return d.schema(b)
	}
	return b.define(strings.ToLower(t.Name()), func() *schema { return b.mapping(t) })
}

// mapping is the schema of a struct with keys.
func (b *schemaBuilder) mapping(t reflect.Type) *schema {
	f := fieldsOf(t)
	s := &schema{Type: "object", Properties: map[string]*schema{}, Additional: false}
	if f.free != "" {
		s.PatternProperties = map[string]*schema{"^" + f.free: {}}
	}
	for _, field := range f.list {
		s.Properties[field.key] = b.property(t.Field(field.index), field)
		if field.required {
			s.Required = append(s.Required, field.key)
		}
	}
	if _, ok := s.Properties["args"]; ok {
		s.Dependencies = map[string][]string{"args": {"command"}}
		s.OneOf = commands(s.Properties)
	}
	return s
}

// commands says that a job or a stage has exactly one command.
func commands(properties map[string]*schema) (forms []*schema) {
	for _, key := range []string{"run", "command", "pipe"} {
		if _, ok := properties[key]; ok {
			forms = append(forms, &schema{Required: []string{key}})
		}
	}
	return forms
}

// property is the schema of one key, with its documentation and bounds.
func (b *schemaBuilder) property(sf reflect.StructField, f field) *schema {
	var s *schema
	switch enum := sf.Tag.Get("enum"); {
	case enum != "":
		s = &schema{Enum: strings.Fields(enum)}
	case f.key == "stderr":
		s = b.define("stderr", func() *schema { return outputSchema(b, "stdout") })
	default:
		s = b.of(sf.Type)
	}
	if s.Ref != "" { // what stands beside a $ref is ignored
		s = &schema{AllOf: []*schema{s}}
	}
	bound(s, f.bound)
	s.Description = f.tags.Get("doc")
	if example := f.tags.Get("example"); example != "" {
		s.Examples = []any{exampleOf(sf.Type, example)}
	}
	return s
}

// bound adds the range that the validate tag gives a number, or the numbers of
// a list.
func bound(s *schema, tag string) {
	if s.Items != nil {
		s = s.Items
	}
	if s.Type != "integer" && s.Type != "number" {
		return // of a duration no schema can say it
	}
	for rule := range strings.SplitSeq(tag, ",") {
		name, text, _ := strings.Cut(rule, "=")
		value, err := strconv.ParseFloat(text, 64)
		switch {
		case err != nil:
		case name == "min":
			s.Minimum = &value
		case name == "max":
			s.Maximum = &value
		}
	}
}

// exampleOf is the example of a key as a value. Texts stand in the tag as they
// are, everything else as YAML.
func exampleOf(t reflect.Type, example string) any {
	switch t {
	case reflect.TypeFor[String](), reflect.TypeFor[Template](), reflect.TypeFor[Line]():
		return example
	}
	var v any
	if err := yaml.Unmarshal([]byte(example), &v); err != nil {
		panic("example " + example + ": " + err.Error())
	}
	return v
}
