package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// TypeName is p's type; string where the file gives none.
func (p *Param) TypeName() string {
	if p.Type.IsSet() {
		return p.Type.Value
	}
	return "string"
}

// IsRequired reports whether the caller must give p.
func (p *Param) IsRequired() bool { return p.Required.Or(!p.Default.IsSet()) }

// shellMeta is what a string param refuses unless it has a pattern: the
// characters that mean something to a shell further down.
const shellMeta = "|&;<>()$`\\\"'*?[]{}!"

// Check says what is wrong with value for p, or "". It is about one value; a
// list param's values are checked one by one.
func (p *Param) Check(value string) string {
	if strings.ContainsRune(value, 0) {
		return "it has a NUL byte"
	}
	switch p.TypeName() {
	case "string":
		if !p.Pattern.IsSet() {
			return checkText(value)
		}
	case "enum":
		for _, v := range p.Values.Items {
			if v.Value == value {
				return ""
			}
		}
		return "it is none of " + p.valueList()
	case "path":
		if value == "" {
			return "it is empty; a path is never"
		}
		if i := strings.IndexFunc(value, isControl); i >= 0 {
			return "it has a control character"
		}
	default:
		if wrong := p.checkNumber(value); wrong != "" {
			return wrong
		}
	}
	if p.Pattern.IsSet() {
		re, err := p.Regexp()
		if err == nil && !re.MatchString(value) {
			return "it does not match the pattern " + p.Pattern.Value
		}
	}
	return ""
}

// Regexp is p's pattern, anchored at both ends.
func (p *Param) Regexp() (*regexp.Regexp, error) {
	if _, err := regexp.Compile(p.Pattern.Value); err != nil {
		return nil, err // the author's text, not the anchored one
	}
	return regexp.Compile(`\A(?:` + p.Pattern.Value + `)\z`)
}

func (p *Param) valueList() string {
	names := make([]string, len(p.Values.Items))
	for i, v := range p.Values.Items {
		names[i] = v.Value
	}
	return strings.Join(names, ", ")
}

func isControl(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 }

func checkText(value string) string {
	switch i := strings.IndexFunc(value, isControl); {
	case i >= 0:
		return "it has a control character; a pattern would have to allow it"
	case strings.HasPrefix(value, "-"):
		return "it begins with - and could be read as an option; a pattern would have to allow it"
	case strings.HasPrefix(value, "~"):
		return "it begins with ~, which only a shell expands; a pattern would have to allow it"
	}
	if i := strings.IndexAny(value, shellMeta); i >= 0 {
		return fmt.Sprintf("it has %q, which means something to a shell further down; a pattern would have to allow it", value[i:i+1])
	}
	return ""
}

// checkNumber checks the types that have an order, and bool.
func (p *Param) checkNumber(value string) string {
	number, err := p.order(value)
	if err != nil {
		return err.Error()
	}
	for _, bound := range []struct {
		text  String
		wrong func(limit float64) bool
		words string
	}{
		{p.Min, func(limit float64) bool { return number < limit }, "it is below the min of "},
		{p.Max, func(limit float64) bool { return number > limit }, "it is above the max of "},
	} {
		if !bound.text.IsSet() {
			continue
		}
		if limit, err := p.order(bound.text.Value); err == nil && bound.wrong(limit) {
			return bound.words + bound.text.Value
		}
	}
	return ""
}

// order maps value to a number by which values of p's type are compared.
func (p *Param) order(value string) (float64, error) {
	switch p.TypeName() {
	case "int":
		var v int64
		if ok, _ := parseInt(value, &v); !ok {
			return 0, fmt.Errorf("it is no whole number")
		}
		return float64(v), nil
	case "float":
		if !floatSyntax().MatchString(value) {
			return 0, fmt.Errorf("it is no number such as 3 or 0.25")
		}
		return strconv.ParseFloat(value, 64)
	case "bool":
		if value != "true" && value != "false" {
			return 0, fmt.Errorf("it is neither true nor false")
		}
		return 0, nil
	case "duration":
		v, err := ParseDuration(value)
		if err != nil {
			return 0, fmt.Errorf("it is no duration such as 500ms or 1m30s")
		}
		return float64(v), nil
	case "size":
		v, err := ParseSize(value)
		if err != nil {
			return 0, fmt.Errorf("it is no size such as 64KiB or 10MB")
		}
		return float64(v), nil
	}
	return 0, fmt.Errorf("a %s has no order", p.TypeName())
}

// HasOrder reports whether min and max mean something for p.
func (p *Param) HasOrder() bool {
	return slices.Contains([]string{"int", "float", "duration", "size"}, p.TypeName())
}

// ExcludesDash reports whether no value of p can begin with a dash that a
// program would read as an option.
func (p *Param) ExcludesDash() bool {
	switch p.TypeName() {
	case "path", "bool", "duration", "size":
		return true
	case "int", "float":
		low, err := p.order(p.Min.Value)
		return p.Min.IsSet() && err == nil && low >= 0
	case "string":
		return !p.Pattern.IsSet()
	}
	return false
}

// Same reports whether a and b are one value of p: 60s is 1m.
func (p *Param) Same(a, b string) bool {
	if a == b || !p.HasOrder() {
		return a == b
	}
	x, errX := p.order(a)
	y, errY := p.order(b)
	return errX == nil && errY == nil && x == y
}
