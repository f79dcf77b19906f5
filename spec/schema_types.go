package spec

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"time"
)

// What each type that is no plain mapping looks like in a file.

func (String) schema(*schemaBuilder) *schema { return textSchema() }

// textSchema is any scalar: numbers and booleans keep the text that is
// written.
func textSchema() *schema {
	return &schema{Type: []string{"string", "number", "boolean"}, words: "text"}
}

func (s Scalar[T]) schema(*schemaBuilder) *schema {
	switch any(s.Value).(type) {
	case int64:
		return &schema{Type: "integer"}
	case float64:
		return &schema{Type: "number"}
	case bool:
		return &schema{Type: "boolean"}
	case time.Duration:
		return durationSchema()
	case Bytes:
		return sizeSchema()
	}
	panic(fmt.Sprintf("no scalar %T", s.Value))
}

// enumSchema is one of words. A word such as 386 is a number to YAML.
func enumSchema(words ...string) *schema {
	s := &schema{words: oneOf(words)}
	for _, word := range words {
		s.Enum = append(s.Enum, word)
		if n, err := strconv.Atoi(word); err == nil {
			s.Enum = append(s.Enum, n)
		}
	}
	return s
}

func durationSchema() *schema {
	return &schema{
		Type: "string", Pattern: durationPattern, PatternError: "expected a duration: numbers with a unit of h, m, s, ms, us or ns, such as 500ms or 1m30s",
		words: "a duration such as 500ms or 1m30s",
	}
}

func sizeSchema() *schema {
	return &schema{
		Type: "string", Pattern: sizePattern, PatternError: "expected a size: a whole number and B, KB, MB, GB, TB (powers of 1000) or KiB, MiB, GiB, TiB (powers of 1024)",
		words: "a size such as 64KiB or 10MB",
	}
}

// positive takes the durations or sizes of nothing out of s.
func (s *schema) positive() {
	switch s.Pattern {
	case durationPattern:
		const none, some = `(0+(\.0+)?` + durationUnit + `)`, `(0*[1-9][0-9]*(\.[0-9]+)?|0+\.0*[1-9][0-9]*)` + durationUnit
		s.Pattern = `^` + none + `*` + some + `([0-9]+(\.[0-9]+)?` + durationUnit + `)*$`
	case sizePattern:
		s.Pattern = `^[1-9][0-9]*` + sizeUnit
	default:
		panic("no range for the pattern " + s.Pattern)
	}
	s.PatternError += ", and more than none"
	s.words += ", more than none"
}

func (List[T]) schema(b *schemaBuilder) *schema {
	return &schema{Type: "array", Items: b.of(reflect.TypeFor[T]())}
}

func (Map[T]) schema(b *schemaBuilder) *schema {
	return &schema{Type: "object", Additional: b.of(reflect.TypeFor[T]()), entry: anyName}
}

func (Template) schema(b *schemaBuilder) *schema {
	return &schema{AnyOf: []*schema{textSchema(), b.of(reflect.TypeFor[literal]())}, words: "text, or {literal: …}", leaf: true}
}

func (Line) schema(*schemaBuilder) *schema {
	s := textSchema()
	s.Pattern, s.PatternError, s.words = `\S`, "expected a command", "a command on one line"
	return s
}

func (Arg) schema(b *schemaBuilder) *schema {
	return b.define("arg", func() *schema {
		return &schema{
			Description: "One argument, exactly as written; {literal: …}, {glob: …}, {param: …} or {input: …}.",
			AnyOf: []*schema{
				textSchema(), b.of(reflect.TypeFor[literal]()),
				b.define("glob", func() *schema { return b.mapping(reflect.TypeFor[argGlob]()) }),
				b.define("param_values", func() *schema { return b.mapping(reflect.TypeFor[argParam]()) }),
				b.define("input_path", func() *schema { return b.mapping(reflect.TypeFor[argInput]()) }),
			},
			words: "text, {literal: …}, {glob: …}, {param: …} or {input: …}",
		}
	})
}

func (Stage) schema(b *schemaBuilder) *schema {
	return b.define("stage", func() *schema {
		return &schema{
			Description: "One process of a pipeline: a line, or a mapping with run or command; or a tee.",
			AnyOf:       []*schema{Line{}.schema(b), b.define("stage_mapping", func() *schema { return b.mapping(reflect.TypeFor[Stage]()) })},
			words:       "a command on one line, or a mapping with run, command or tee",
		}
	})
}

func (Branch) schema(b *schemaBuilder) *schema {
	return b.define("branch", func() *schema {
		return &schema{
			Description: "A branch of a tee: a line, or a mapping with file, run, command or pipe.",
			AnyOf:       []*schema{Line{}.schema(b), b.define("branch_mapping", func() *schema { return b.mapping(reflect.TypeFor[Branch]()) })},
			words:       "a command on one line, or a mapping with file, run, command or pipe",
		}
	})
}

func (Feed) schema(b *schemaBuilder) *schema {
	return b.define("input", func() *schema {
		return &schema{
			Description: "A pipeline whose output is opened as a file: a line, or a mapping with run, command or pipe; or a branch.",
			AnyOf:       []*schema{Line{}.schema(b), b.define("input_mapping", func() *schema { return b.mapping(reflect.TypeFor[Feed]()) })},
			words:       "a command on one line, or a mapping with run, command, pipe or branch",
		}
	})
}

func (Shard) schema(b *schemaBuilder) *schema {
	one, most := 1.0, 256.0
	return &schema{
		AnyOf: []*schema{{Type: "integer", Minimum: &one, Maximum: &most}, b.define("shard", func() *schema { return b.mapping(reflect.TypeFor[Shard]()) })},
		words: "a number of copies, or {workers: …, by: …, block: …, merge: …}",
	}
}

func (Spill) schema(b *schemaBuilder) *schema {
	return &schema{
		AnyOf: []*schema{sizeSchema(), b.define("spill", func() *schema { return b.mapping(reflect.TypeFor[Spill]()) })},
		words: "a size such as 10GiB, or {max: …, full: …}",
	}
}

func (Channel) schema(b *schemaBuilder) *schema {
	return &schema{
		AnyOf: []*schema{{Type: "boolean", Const: true, words: "true"}, b.define("channel", func() *schema { return b.mapping(reflect.TypeFor[Channel]()) })},
		words: "true, or {to: …, max: …}",
	}
}

func (JSON) schema(b *schemaBuilder) *schema {
	return b.define("json", func() *schema {
		ref := &schema{Ref: "#/definitions/json"}
		return &schema{
			Description: "Any value.",
			Type:        []string{"string", "number", "boolean", "array", "object"}, Items: ref, Additional: ref,
			words: "any value",
			leaf:  true,
		}
	})
}

func (Exclusive) schema(b *schemaBuilder) *schema {
	return &schema{
		AnyOf: []*schema{{Type: "string", words: "text"}, b.define("exclusive", func() *schema { return b.mapping(reflect.TypeFor[Exclusive]()) })},
		words: "the name of a lock, or {name: …, on_conflict: …}",
	}
}

func (Input) schema(b *schemaBuilder) *schema {
	return &schema{
		AnyOf: []*schema{enumSchema("none", "inherit"), b.define("stdin", func() *schema { return b.mapping(reflect.TypeFor[inputMapping]()) })},
		words: "none, inherit, {file: …}, {text: …} or {job: …}",
	}
}

func (Output) schema(b *schemaBuilder) *schema {
	return &schema{
		AnyOf: []*schema{enumSchema("log", "inherit", "discard"), b.define("stdout", func() *schema {
			m := b.mapping(reflect.TypeFor[outputMapping]())
			m.Properties["mode"].Default = "atomic"
			return m
		})},
		words: "log, inherit, discard, {file: …} or {capture: {…}}",
	}
}

func (BranchOutput) schema(b *schemaBuilder) *schema {
	return &schema{
		AnyOf: []*schema{enumSchema("log", "inherit", "discard"), uncaptured(b, "branch_stdout", "atomic")},
		words: "log, inherit, discard or {file: …}",
	}
}

// stderrSchema is the schema of an Output that is stderr.
func stderrSchema(b *schemaBuilder) *schema {
	return &schema{
		AnyOf: []*schema{enumSchema("log", "inherit", "discard", "stdout"), uncaptured(b, "stderr", "truncate")},
		words: "log, inherit, discard, stdout or {file: …}",
	}
}

// uncaptured is the definition called name of an Output that is a file, which
// is written by mode where it does not say. Nothing could name what else it
// captured.
func uncaptured(b *schemaBuilder, name, mode string) *schema {
	return b.define(name, func() *schema {
		m := b.mapping(reflect.TypeFor[outputMapping]())
		m.Properties["mode"].Default = mode
		m.keys = slices.DeleteFunc(m.keys, func(key string) bool { return key == "capture" })
		delete(m.Properties, "capture")
		m.OneOf, m.Dependencies, m.Required = nil, nil, []string{"file"}
		return m
	})
}

func (ParamDefault) schema(b *schemaBuilder) *schema {
	return &schema{AnyOf: []*schema{textSchema(), List[String]{}.schema(b)}, words: "text, or a list of texts"}
}

func (Umask) schema(*schemaBuilder) *schema {
	return &schema{Type: "string", Pattern: umaskPattern, PatternError: `expected an octal number in quotes, such as "027"`, words: "an octal number in quotes"}
}

func (Matrix) schema(b *schemaBuilder) *schema {
	return b.define("matrix", func() *schema {
		axis := b.define("axis", func() *schema { return b.mapping(reflect.TypeFor[axisMapping]()) })
		exclude := List[Map[String]]{}.schema(b)
		exclude.Description = "Combinations that are left out: each names some axes and their values."
		exclude.sample = "[{os: darwin, go: '1.25'}]"
		exclude.Examples = []any{exampleOf(reflect.TypeFor[Matrix](), exclude.sample)}
		exclude.Items.MinProperties = 1
		// The values of an axis differ as texts, and not only as what YAML
		// makes of them: [1.1, 1.10] are two.
		values := List[String]{}.schema(b)
		values.MinItems = 1
		return &schema{
			Type:          "object",
			MinProperties: 1,
			PropertyNames: &schema{Pattern: namePattern, PatternError: nameSchema().PatternError},
			Properties:    map[string]*schema{"exclude": exclude},
			Additional: &schema{
				Description: "An axis: a list of values, {glob: …}, {param: …}, {range: [from, to]} or {job: …}.",
				AnyOf:       []*schema{values, axis},
				words:       "a list of values, {glob: …}, {param: …}, {range: [from, to]} or {job: …}",
			},
			keys:  []string{"exclude"},
			entry: anyAxis,
			words: "a mapping of axes",
		}
	})
}
