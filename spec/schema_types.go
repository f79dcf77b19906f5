package spec

import (
	"fmt"
	"reflect"
	"time"
)

// What each type that is no plain mapping looks like in a file.

func (String) schema(b *schemaBuilder) *schema {
	return b.define("text", func() *schema {
		return &schema{
			Description: "Text. Numbers and booleans keep the text that is written.",
			Type:        []string{"string", "number", "boolean"},
		}
	})
}

func (s Scalar[T]) schema(b *schemaBuilder) *schema {
	switch any(s.Value).(type) {
	case int64:
		return &schema{Type: "integer"}
	case float64:
		return &schema{Type: "number"}
	case bool:
		return &schema{Type: "boolean"}
	case time.Duration:
		return b.define("duration", func() *schema {
			return &schema{
				Description: "A time with its unit: h, m, s, ms, us or ns.",
				Type:        "string", Pattern: durationSyntax().String(), Examples: []any{"500ms", "1m30s"},
			}
		})
	case Bytes:
		return b.define("size", func() *schema {
			return &schema{
				Description: "A number of bytes with its unit: B, KB, MB, GB, TB (powers of 1000) or KiB, MiB, GiB, TiB (powers of 1024).",
				Type:        "string", Pattern: sizeSyntax().String(), Examples: []any{"64KiB", "10MB"},
			}
		})
	}
	panic(fmt.Sprintf("no scalar %T", s.Value))
}

func (List[T]) schema(b *schemaBuilder) *schema {
	return &schema{Type: "array", Items: b.of(reflect.TypeFor[T]())}
}

func (Map[T]) schema(b *schemaBuilder) *schema {
	return &schema{Type: "object", Additional: b.of(reflect.TypeFor[T]())}
}

func (Template) schema(b *schemaBuilder) *schema {
	return b.define("template", func() *schema {
		return &schema{
			Description: "A text in which ${params.x}, ${matrix.x}, ${env.X}, ${jobs.x.stdout}, ${run.id}, ${job.name} and ${attempt} stand for values; or {literal: …}.",
			AnyOf:       []*schema{String{}.schema(b), b.of(reflect.TypeFor[literal]())},
		}
	})
}

func (Line) schema(b *schemaBuilder) *schema {
	return b.define("line", func() *schema {
		return &schema{
			Description: "A command on one line, split once by the quoting rules of POSIX. There is no shell: quote what a shell would act on.",
			AllOf:       []*schema{String{}.schema(b)},
		}
	})
}

func (Arg) schema(b *schemaBuilder) *schema {
	return b.define("arg", func() *schema {
		return &schema{
			Description: "One argument, exactly as written; {literal: …}, {glob: …} or {param: …}.",
			AnyOf: []*schema{
				String{}.schema(b), b.of(reflect.TypeFor[literal]()),
				b.define("glob", func() *schema { return b.mapping(reflect.TypeFor[argGlob]()) }),
				b.define("param_values", func() *schema { return b.mapping(reflect.TypeFor[argParam]()) }),
			},
		}
	})
}

func (Stage) schema(b *schemaBuilder) *schema {
	return b.define("stage", func() *schema {
		return &schema{
			Description: "One process of a pipeline: a line, or a mapping with run or command.",
			AnyOf:       []*schema{Line{}.schema(b), b.define("stage_mapping", func() *schema { return b.mapping(reflect.TypeFor[Stage]()) })},
		}
	})
}

func (Input) schema(b *schemaBuilder) *schema {
	return b.define("stdin", func() *schema {
		m := b.mapping(reflect.TypeFor[inputMapping]())
		m.OneOf = []*schema{{Required: []string{"file"}}, {Required: []string{"text"}}, {Required: []string{"job"}}}
		return &schema{AnyOf: []*schema{{Enum: []string{"none", "inherit"}}, m}}
	})
}

func (Output) schema(b *schemaBuilder) *schema {
	return b.define("stdout", func() *schema { return outputSchema(b) })
}

func outputSchema(b *schemaBuilder, words ...string) *schema {
	m := b.mapping(reflect.TypeFor[outputMapping]())
	m.OneOf = []*schema{{Required: []string{"file"}}, {Required: []string{"capture"}}}
	m.Dependencies = map[string][]string{"mode": {"file"}}
	return &schema{AnyOf: []*schema{{Enum: append([]string{"log", "inherit", "discard"}, words...)}, m}}
}

func (ParamDefault) schema(b *schemaBuilder) *schema {
	return &schema{AnyOf: []*schema{String{}.schema(b), List[String]{}.schema(b)}}
}

func (Umask) schema(*schemaBuilder) *schema {
	return &schema{Type: "string", Pattern: umaskSyntax().String()}
}

func (Matrix) schema(b *schemaBuilder) *schema {
	return b.define("matrix", func() *schema {
		axis := b.mapping(reflect.TypeFor[axisMapping]())
		axis.OneOf = []*schema{{Required: []string{"glob"}}, {Required: []string{"param"}}, {Required: []string{"range"}}}
		axis.Properties["range"].MinItems, axis.Properties["range"].MaxItems = 2, 2
		exclude := List[Map[String]]{}.schema(b)
		exclude.Description = "Combinations that are left out: each names some axes and their values."
		return &schema{
			Type:       "object",
			Properties: map[string]*schema{"exclude": exclude},
			Additional: &schema{
				Description: "An axis: a list of values, {glob: …}, {param: …} or {range: [from, to]}.",
				AnyOf:       []*schema{List[String]{}.schema(b), axis},
			},
		}
	})
}
