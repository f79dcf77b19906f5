package validate

import (
	"fmt"
	"strings"

	"sluice/spec"
)

// names checks the names that the author chose: of jobs, params, pools, axes
// and environment variables.
func (c *check) names() {
	f := c.file
	for _, e := range f.Jobs.Entries {
		c.name(e.Key, "job")
	}
	for _, e := range f.Params.Entries {
		c.name(e.Key, "param")
	}
	for _, e := range f.Pools.Entries {
		c.name(e.Key, "pool")
	}
	c.envNames(f.Env, f.PassEnv)
	if f.Defaults != nil {
		c.envNames(f.Defaults.Env, spec.List[spec.String]{})
	}
	if len(f.Jobs.Entries) == 0 && f.Jobs.IsSet() {
		c.add("SL017", f.Jobs.Pos, 1, "the file has no jobs", "add one: jobs: {hello: {run: echo hello}}")
	}
}

func (c *check) name(s spec.String, kind string) {
	if !spec.IsName(s.Value) {
		c.at("SL019", s, fmt.Sprintf("%q can't name %s", s.Value, article(kind)), "a name begins with a letter or _ and has letters, digits, _ and -, at most 128")
	}
}

func (c *check) envNames(env spec.Map[spec.Template], pass spec.List[spec.String]) {
	for _, e := range env.Entries {
		c.envName(e.Key)
	}
	for _, s := range pass.Items {
		if name, value, ok := strings.Cut(s.Value, "="); ok && spec.IsEnvName(name) {
			c.at("SL502", s, fmt.Sprintf("%q sets a variable; pass_env names those of the caller", s.Value), "write env: {"+name+": "+yamlValue(value)+"}")
			continue
		}
		c.envName(s)
	}
}

// article is noun behind a or an.
func article(noun string) string {
	if strings.ContainsRune("aeiou", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}

func (c *check) envName(s spec.String) {
	if !spec.IsEnvName(s.Value) {
		c.at("SL502", s, fmt.Sprintf("%q can't name an environment variable", s.Value), "a name begins with a letter or _ and has letters, digits and _")
	}
}
