package spec

// What names look like to a schema, and how keys depend on each other in it.

import (
	"fmt"
	"reflect"
)

// The patterns of IsName and IsEnvName.
const (
	namePattern    = `^[A-Za-z_][A-Za-z0-9_-]{0,127}$`
	envNamePattern = `^[A-Za-z_][A-Za-z0-9_]*$`
)

// name adds what the tag `names` says: that the keys of a mapping, or the
// items of a list, are names.
func (s *schema) name(tag string) {
	if tag == "" {
		return
	}
	name := nameSchema()
	if tag == "env" {
		name.Pattern, name.PatternError, name.words = envNamePattern, "expected a letter or _, then letters, digits and _", "the name of an environment variable"
	}
	if s.Items == nil {
		s.PropertyNames = name
		s.PropertyNames.Type = nil // keys are texts
		return
	}
	s.Items = name
	s.UniqueItems = tag == "other" // each job once; of variables a second mention does no harm
}

// nameSchema is what IsName takes. A word such as true is a name too, which
// YAML makes a boolean.
func nameSchema() *schema {
	return &schema{Type: []string{"string", "boolean"}, Pattern: namePattern, PatternError: "expected a letter or _, then letters, digits, _ and -, at most 128", words: "a name"}
}

// condition says that a mapping which matches If must match Then, and any
// other Else.
type condition struct {
	If   *clause `json:"if"`
	Then *clause `json:"then,omitempty"`
	Else *clause `json:"else,omitempty"`
}

// clause is a schema in a condition, which says of a key also that it may not
// stand there.
type clause struct {
	Required   []string       `json:"required,omitempty"`
	Properties map[string]any `json:"properties,omitempty"` // schemas, or false
	AnyOf      []*clause      `json:"anyOf,omitempty"`
}

// is matches a mapping that has key with one of words.
func is(key string, words ...string) *clause {
	return &clause{Required: []string{key}, Properties: map[string]any{key: enumSchema(words...)}}
}

// isBool does so for a boolean.
func isBool(key string, value bool) *clause {
	return &clause{Required: []string{key}, Properties: map[string]any{key: &schema{Const: value}}}
}

// relate adds to s, the schema of struct type t, what its keys say about each
// other.
func relate(s *schema, t reflect.Type) {
	switch t {
	case reflect.TypeFor[File]():
		s.Properties["jobs"].MinProperties = 1
	case reflect.TypeFor[Job]():
		s.Dependencies = map[string][]string{"args": {"command"}, "inputs": {"command"}}
		s.OneOf = exactlyOne("run", "command", "pipe")
		s.Properties["pipe"].MinItems, s.Properties["inputs"].MinProperties = 1, 1
		s.Properties["ok"].MinItems = 1
		s.AllOf = []any{condition{If: &clause{Required: []string{"pipe"}}, Then: &clause{Properties: map[string]any{"channel": false}}}}
	case reflect.TypeFor[Stage]():
		s.Dependencies = map[string][]string{"args": {"command"}, "inputs": {"command"}, "spill": {"tee"}}
		s.OneOf = exactlyOne("run", "command", "tee")
		s.Properties["ok"].MinItems, s.Properties["inputs"].MinProperties, s.Properties["tee"].MinItems = 1, 1, 1
		none := map[string]any{}
		for _, key := range notOfTee {
			none[key] = false
		}
		s.AllOf = []any{
			condition{If: &clause{Required: []string{"tee"}}, Then: &clause{Properties: none}},
			condition{If: &clause{Required: []string{"shard"}}, Then: &clause{Properties: map[string]any{"inputs": false, "channel": false}}}, // they are for one process
		}
	case reflect.TypeFor[Branch]():
		s.Dependencies = map[string][]string{"args": {"command"}, "inputs": {"command"}, "mode": {"file"}}
		s.OneOf = exactlyOne("file", "run", "command", "pipe")
		// Their keys are told where they stand in a job.
		s.Properties["pipe"].leaf, s.Properties["inputs"].leaf, s.Properties["stdout"].leaf = true, true, true
		name := s.Properties["name"]
		name.Type, name.Pattern, name.PatternError, name.words = nameSchema().Type, namePattern, nameSchema().PatternError, "a name"
		s.Properties["pipe"].MinItems, s.Properties["inputs"].MinProperties = 1, 1
		s.AllOf = []any{condition{If: &clause{Required: []string{"file"}}, Then: &clause{Properties: map[string]any{"stdout": false}}}}
	case reflect.TypeFor[Feed]():
		s.Dependencies = map[string][]string{"args": {"command"}, "inputs": {"command"}}
		s.OneOf = exactlyOne("branch", "run", "command", "pipe")
		s.Properties["pipe"].leaf, s.Properties["inputs"].leaf = true, true // as in a branch
		s.Properties["pipe"].MinItems, s.Properties["inputs"].MinProperties = 1, 1
		s.AllOf = []any{condition{If: &clause{Required: []string{"branch"}}, Then: &clause{Properties: map[string]any{"stdin": false}}}}
	case reflect.TypeFor[Ready]():
		s.OneOf = exactlyOne("message", "line", "port", "file")
		s.Properties["message"].Const = true
		line := s.Properties["line"]
		line.MinLength, line.words = 1, "a regular expression (RE2)"
		s.Properties["port"].words = "a number from 1 to 65535, or host:port"
	case reflect.TypeFor[RetryOn]():
		some := func(key string) *clause {
			return &clause{Required: []string{key}, Properties: map[string]any{key: &schema{MinItems: 1}}}
		}
		s.AllOf = []any{&clause{AnyOf: []*clause{some("exit"), some("signal"), isBool("timeout", true), isBool("start", true)}}}
	case reflect.TypeFor[When]():
		s.Properties["os"].MinItems, s.Properties["arch"].MinItems = 1, 1
	case reflect.TypeFor[inputMapping]():
		s.OneOf = exactlyOne("file", "text", "job")
	case reflect.TypeFor[outputMapping]():
		s.OneOf = exactlyOne("file", "capture")
		s.Dependencies = map[string][]string{"mode": {"file"}}
	case reflect.TypeFor[axisMapping]():
		s.OneOf = exactlyOne("glob", "param", "range", "job")
		s.Properties["range"].MinItems, s.Properties["range"].MaxItems = 2, 2
	case reflect.TypeFor[Allow]():
		reason := s.Properties["reason"]
		reason.MinLength, reason.words = LeastReason, fmt.Sprintf("text of at least %d characters", LeastReason)
	case reflect.TypeFor[Param]():
		relateParam(s)
	}
}

// notOfTee are the keys of a stage that only a process has.
var notOfTee = []string{"env", "dir", "shard", "stderr", "channel", "ok"}

func exactlyOne(keys ...string) (forms []*schema) {
	for _, key := range keys {
		forms = append(forms, &schema{Required: []string{key}})
	}
	return forms
}

// relateParam says which keys of a param go together, and what the bounds of
// each type look like.
func relateParam(s *schema) {
	s.Properties["values"].MinItems = 1
	bounds := func(is any) *clause { return &clause{Properties: map[string]any{"min": is, "max": is}} }
	quoted := &schema{Type: []string{"integer", "string"}, Pattern: `^-?(0|[1-9][0-9]*)$`, PatternError: "expected a whole number"}
	number := &schema{Type: []string{"number", "string"}, Pattern: floatPattern, PatternError: "expected a number"}
	s.AllOf = []any{
		condition{If: is("type", "enum"), Then: &clause{Required: []string{"values"}}, Else: &clause{Properties: map[string]any{"values": false}}},
		condition{If: is("type", "int", "float", "duration", "size"), Else: bounds(false)},
		condition{If: is("type", "int"), Then: bounds(quoted)},
		condition{If: is("type", "float"), Then: bounds(number)},
		condition{If: is("type", "duration"), Then: bounds(durationSchema())},
		condition{If: is("type", "size"), Then: bounds(sizeSchema())},
		condition{
			If:   isBool("list", true),
			Then: &clause{Properties: map[string]any{"default": &schema{Type: "array"}}},
			Else: &clause{Properties: map[string]any{"default": textSchema()}},
		},
		condition{If: isBool("required", false), Then: &clause{AnyOf: []*clause{{Required: []string{"default"}}, isBool("list", true)}}},
		condition{If: isBool("required", true), Then: &clause{Properties: map[string]any{"default": false}}},
	}
}
