package validate

import (
	"fmt"
	"slices"
	"strings"

	"sluice/spec"
)

// paramRules checks the declarations of params.
func (c *check) paramRules() {
	for _, e := range c.file.Params.Entries {
		if p := e.Value; p != nil && !c.broken.params[e.Key.Value] {
			c.param(e.Key.Value, p)
		}
	}
}

func (c *check) param(name string, p *spec.Param) {
	if !slices.Contains(spec.ParamTypes(), p.TypeName()) {
		hint := "expected one of " + strings.Join(spec.ParamTypes(), ", ")
		if near := nearestType(p.Type.Value); near != "" {
			hint = "did you mean " + near + "?"
		}
		c.at("SL018", p.Type, fmt.Sprintf("%q is no type of a param", p.Type.Value), hint)
		return
	}
	isEnum := p.TypeName() == "enum"
	switch {
	case isEnum && len(p.Values.Items) == 0:
		c.add("SL017", p.Pos, 1, fmt.Sprintf("param %q is an enum without values", name), "add values: [a, b]")
	case !isEnum && p.Values.IsSet():
		c.add("SL017", p.Values.Pos, 1, fmt.Sprintf("values belong to an enum; param %q is %s", name, article(p.TypeName())), "write type: enum")
	}
	for _, bound := range []spec.String{p.Min, p.Max} {
		if bound.IsSet() && !p.HasOrder() {
			c.at("SL017", bound, article(p.TypeName())+" has no min and max", "they belong to int, float, duration and size")
		} else if wrong := p.Check(bound.Value); bound.IsSet() && strings.HasPrefix(wrong, "it is no ") {
			c.at("SL018", bound, fmt.Sprintf("bound %q of param %q: %s", bound.Value, name, wrong), "")
		}
	}
	if p.Min.IsSet() && p.Max.IsSet() && p.HasOrder() && p.Check(p.Min.Value) == "it is above the max of "+p.Max.Value {
		c.at("SL018", p.Max, fmt.Sprintf("the max of param %q is %s and its min is %s: no value fits", name, p.Max.Value, p.Min.Value), "")
	}
	if p.Pattern.IsSet() {
		if _, err := p.Regexp(); err != nil {
			c.at("SL018", p.Pattern, fmt.Sprintf("pattern of param %q: %v", name, err), "patterns are RE2: https://golang.org/s/re2syntax")
			return
		}
	}
	c.paramDefault(name, p)
}

// nearestType is the type that was probably meant by name, or "".
func nearestType(name string) string {
	for _, t := range spec.ParamTypes() {
		if strings.HasPrefix(name, t) { // integer, boolean
			return t
		}
	}
	return spec.Nearest(name, spec.ParamTypes())
}

func (c *check) paramDefault(name string, p *spec.Param) {
	d := p.Default
	switch {
	case !d.IsSet():
		if p.Required.IsSet() && !p.Required.Value && !p.List.Value {
			c.add("SL017", p.Required.Pos, len(p.Required.Raw), fmt.Sprintf("param %q is not required and has no default", name), "give it a default")
		}
		return
	case p.Required.Value:
		c.add("SL017", p.Required.Pos, len(p.Required.Raw), fmt.Sprintf("param %q is required and has a default", name), "remove one of the two")
	case d.List && !p.List.Value:
		c.add("SL016", d.Pos, 1, fmt.Sprintf("the default of param %q is a list; expected one value", name), "write one value, or add list: true")
		return
	case !d.List && p.List.Value:
		c.add("SL016", d.Pos, 1, fmt.Sprintf("the default of param %q is one value; expected a list", name), "write ["+yamlValue(d.Values[0].Value)+"]")
		return
	}
	for _, v := range d.Values {
		if isSecretName(name) && len(v.Value) >= leastSecret {
			c.at("SL504", v, fmt.Sprintf("param %q has its value in the file", name), secretHint)
		}
		if wrong := p.Check(v.Value); wrong != "" {
			c.at("SL403", v, fmt.Sprintf("default %q of param %q: %s", v.Value, name, wrong), "")
		}
	}
}
