package spec

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Schema is the JSON Schema (draft-07) of a job file, for editors. It is made
// from the types of this package, so it names every key; what no schema can
// say (references, text rules, how a number is spelled) is for Parse and
// package validate. The same build always gives the same bytes.
func Schema() []byte {
	root, defs := schemaOfFile()
	root.Schema = "http://json-schema.org/draft-07/schema#"
	root.Title = "sluice job file"
	root.Definitions = defs
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(root); err != nil {
		panic(err) // maps, strings and numbers encode
	}
	return out.Bytes()
}

// schemaOfFile is the schema of a whole file, and of what it refers to.
func schemaOfFile() (*schema, map[string]*schema) {
	b := schemaBuilder{defs: map[string]*schema{}}
	root := b.mapping(reflect.TypeFor[File]())
	root.Properties["version"].Const = 1
	return root, b.defs
}

// schema is what a value looks like: the part of JSON Schema that job files
// need, and what only people are told.
type schema struct {
	Schema            string              `json:"$schema,omitempty"`
	Title             string              `json:"title,omitempty"`
	Description       string              `json:"description,omitempty"`
	Ref               string              `json:"$ref,omitempty"`
	Type              any                 `json:"type,omitempty"` // a string or several
	Const             any                 `json:"const,omitempty"`
	Enum              []any               `json:"enum,omitempty"`
	MinLength         int                 `json:"minLength,omitempty"`
	Pattern           string              `json:"pattern,omitempty"`
	PatternError      string              `json:"patternErrorMessage,omitempty"` // for editors; no part of the standard
	Minimum           *float64            `json:"minimum,omitempty"`
	Maximum           *float64            `json:"maximum,omitempty"`
	MinItems          int                 `json:"minItems,omitempty"`
	MaxItems          int                 `json:"maxItems,omitempty"`
	UniqueItems       bool                `json:"uniqueItems,omitempty"`
	Items             *schema             `json:"items,omitempty"`
	Required          []string            `json:"required,omitempty"`
	MinProperties     int                 `json:"minProperties,omitempty"`
	PropertyNames     *schema             `json:"propertyNames,omitempty"`
	Properties        map[string]*schema  `json:"properties,omitempty"`
	PatternProperties map[string]*schema  `json:"patternProperties,omitempty"`
	Additional        any                 `json:"additionalProperties,omitempty"` // false or a schema
	Dependencies      map[string][]string `json:"dependencies,omitempty"`
	OneOf             []*schema           `json:"oneOf,omitempty"`
	AllOf             []any               `json:"allOf,omitempty"` // schemas and conditions
	AnyOf             []*schema           `json:"anyOf,omitempty"`
	Default           any                 `json:"default,omitempty"`
	Examples          []any               `json:"examples,omitempty"`
	Snippets          []snippet           `json:"defaultSnippets,omitempty"` // for editors; no part of the standard
	Definitions       map[string]*schema  `json:"definitions,omitempty"`

	keys   []string         // of Properties, in the order of the language
	fields map[string]field // where the documentation of Properties stands
	entry  string           // of a mapping of names: what stands for one in a path
	words  string           // what it is, in words, where that is not plain
	leaf   bool             // it has no keys worth a mention here
	text   bool             // its default and example stand in the tags as texts, not as YAML
	sample string           // its example as YAML, where no tag has it
}

// snippet is an example that an editor offers by its label. In the examples of
// a value that may be a word too, editors have no label for a mapping.
type snippet struct {
	Label string `json:"label"`
	Body  any    `json:"body"`
}

// described is a type that says itself what it looks like in a file.
type described interface {
	schema(b *schemaBuilder) *schema
}

// schemaBuilder makes schemas. Scalars and unions stand where they are used,
// because an editor shows the first description that it meets; mappings are
// definitions, without a description where a key refers to them.
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
	s := &schema{Type: "object", Properties: map[string]*schema{}, Additional: false, keys: f.keys, fields: map[string]field{}}
	if f.free != "" {
		s.PatternProperties = map[string]*schema{"^" + f.free: b.free()}
	}
	for _, field := range f.list {
		s.Properties[field.key] = b.property(t.Field(field.index).Type, field)
		s.fields[field.key] = field
		if field.required {
			s.Required = append(s.Required, field.key)
		}
	}
	relate(s, t)
	return s
}

// free is the schema of a value that is the author's own. Nulls are refused
// everywhere.
func (b *schemaBuilder) free() *schema {
	return b.define("free", func() *schema {
		ref := &schema{Ref: "#/definitions/free"}
		return &schema{
			Description: "Anything: sluice ignores it.",
			Type:        []string{"string", "number", "boolean", "array", "object"}, Items: ref, Additional: ref,
		}
	})
}

// property is the schema of one key, with its documentation and bounds.
func (b *schemaBuilder) property(t reflect.Type, f field) *schema {
	var s *schema
	if f.key == "stderr" {
		s = stderrSchema(b)
	} else {
		s = b.of(t)
	}
	if s.Ref != "" { // what stands beside a $ref is ignored
		s = &schema{AllOf: []any{s}}
	}
	if enum := f.tags.Get("enum"); enum != "" {
		target := s
		if s.Items != nil {
			target = s.Items
		}
		*target = *enumSchema(wordList(enum)...)
	}
	s.name(f.tags.Get("names"))
	s.bound(f.bound)
	s.Description, s.text = f.tags.Get("doc"), isText(t)
	if text, ok := f.tags.Lookup("default"); ok {
		s.Default = exampleOf(t, text)
	}
	if text, ok := f.tags.Lookup("example"); ok {
		s.Examples = []any{exampleOf(t, text)}
		if _, isMapping := s.Examples[0].(map[string]any); isMapping && s.AnyOf != nil {
			s.Snippets, s.Examples = []snippet{{text, s.Examples[0]}}, nil
		}
	}
	return s
}

// bound adds the range that the tag `validate` gives a value, or the values of
// a list or of a mapping.
func (s *schema) bound(tag string) {
	if entries, ok := s.Additional.(*schema); ok {
		s = entries
	}
	if s.Items != nil {
		s = s.Items
	}
	for rule := range strings.SplitSeq(tag, ",") {
		name, text, _ := strings.Cut(rule, "=")
		value, err := strconv.ParseFloat(text, 64)
		switch {
		case err != nil:
		case s.Type == "string": // a duration or a size: more than none
			s.positive()
		case name == "min":
			s.Minimum = &value
		case name == "max":
			s.Maximum = &value
		}
	}
}

// exampleOf is a default or an example of type t as a value. Texts stand in
// the tag as they are, everything else as YAML.
func exampleOf(t reflect.Type, example string) any {
	if isText(t) && !isInt(example) {
		return example
	}
	var v any
	if err := yaml.Unmarshal([]byte(example), &v); err != nil {
		panic("example " + example + ": " + err.Error())
	}
	return v
}

func isText(t reflect.Type) bool {
	return slices.Contains([]reflect.Type{reflect.TypeFor[String](), reflect.TypeFor[Template](), reflect.TypeFor[Line]()}, t)
}
