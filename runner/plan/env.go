package plan

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"sluice/spec"
)

// passes reports whether a variable of the caller reaches every child: what
// programs need to find themselves, and nothing that changes what they do.
func passes(name string) bool {
	switch name {
	case "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "TERM", "TMPDIR":
		return true
	}
	return strings.HasPrefix(name, "LC_")
}

// envLayer is an environment: sorted, and as a map of what is known.
type envLayer struct {
	list   []EnvVar
	values map[string]string
	whys   map[string]Text // of variables whose value only the run knows
}

// with is e with the variables of more over it.
func (e envLayer) with(more []EnvVar) envLayer {
	if len(more) == 0 {
		return e
	}
	byName := map[string]EnvVar{}
	for _, list := range [][]EnvVar{e.list, more} {
		for _, v := range list {
			byName[v.Name] = v
		}
	}
	next := envLayer{list: make([]EnvVar, 0, len(byName)), values: make(map[string]string, len(byName)), whys: map[string]Text{}}
	for _, v := range byName {
		next.list = append(next.list, v)
		if s, ok := v.Value.Known(); ok {
			next.values[v.Name] = s
		} else {
			next.whys[v.Name] = v.Value
		}
	}
	slices.SortFunc(next.list, func(a, b EnvVar) int { return cmp.Compare(a.Name, b.Name) })
	return next
}

func (b *builder) callerHas(name string) bool {
	return slices.ContainsFunc(b.in.Env, func(kv string) bool { return strings.HasPrefix(kv, name+"=") })
}

// caller is the variables of the caller that pass accepts.
func (b *builder) caller(pass func(name string) bool) (list []EnvVar) {
	for _, kv := range b.in.Env {
		name, v, ok := strings.Cut(kv, "=")
		if ok && name != "" && pass(name) {
			list = append(list, EnvVar{Name: name, Value: Known(v), From: "caller"})
		}
	}
	return list
}

func named(names spec.List[spec.String]) func(string) bool {
	return func(name string) bool {
		return slices.ContainsFunc(names.Items, func(s spec.String) bool { return s.Value == name })
	}
}

// fileEnv makes what every job sees: of the caller, then env_file, then env,
// then defaults. A value sees the layers below its own.
func (b *builder) fileEnv() {
	f := b.file
	e := envLayer{list: []EnvVar{}}.with(b.caller(passes)).with(b.caller(named(f.PassEnv)))
	if e.values == nil {
		e.values = map[string]string{}
	}
	s := scope{dir: b.dir}
	if f.EnvFile.IsSet() {
		e = e.with(b.envFile(f.EnvFile, s))
	}
	e = b.envOver(e, f.Env, s, "file")
	if f.Defaults != nil {
		e = b.envOver(e, f.Defaults.Env, s, "defaults")
	}
	b.base = e
}

func (b *builder) jobEnv(j *spec.Job, s scope) envLayer {
	e := b.base
	if j.PassEnv.IsSet() {
		// Below the file's own values, which stay as they are.
		var more []EnvVar
		for _, v := range b.caller(named(j.PassEnv)) {
			_, known := e.values[v.Name]
			if _, later := e.whys[v.Name]; !known && !later {
				more = append(more, v)
			}
		}
		e = e.with(more)
	}
	if j.EnvFile.IsSet() {
		e = e.with(b.envFile(j.EnvFile, s))
	}
	return b.envOver(e, j.Env, s, "job")
}

// envOver is e with the variables of env over it, each seeing e.
func (b *builder) envOver(e envLayer, env spec.Map[spec.Template], s scope, from string) envLayer {
	s.env, s.whys = e.values, e.whys
	var more []EnvVar
	for _, v := range env.Entries {
		more = append(more, EnvVar{Name: v.Key.Value, Value: b.eval(v.Value, s), From: from})
	}
	return e.with(more)
}

// envFile reads the file that t names: lines of NAME=value, blank lines and
// lines that begin with #. A value in single or double quotes loses them;
// nothing in it is expanded or unescaped.
func (b *builder) envFile(t spec.Template, s scope) (list []EnvVar) {
	path, ok := b.path(t, s, s.dir)
	if !ok {
		return nil
	}
	b.reads = append(b.reads, path)
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "read", Path: path, Err: errors.New("it is no regular file")}
	}
	var data []byte
	if err == nil {
		data, err = os.ReadFile(path)
	}
	if err != nil {
		b.at("SL612", t.String, "env_file: "+words(err), "")
		return nil
	}
	for i, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSuffix(line, "\r")
		if strings.TrimSpace(line) == "" || strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		name, v, ok := strings.Cut(strings.TrimPrefix(line, "export "), "=")
		if !ok || !spec.IsEnvName(name) || strings.ContainsRune(v, 0) || !utf8.ValidString(v) {
			b.at("SL612", t.String, fmt.Sprintf("env_file: %s:%d is not NAME=value", path, i+1), "")
			continue
		}
		if b.noChannelVar(name, fmt.Sprintf("%s:%d", path, i+1), t.String) {
			continue
		}
		if n := len(v); n >= 2 && (v[0] == '\'' || v[0] == '"') && v[n-1] == v[0] {
			v = v[1 : n-1]
		}
		list = append(list, EnvVar{Name: name, Value: Known(v), From: "env_file"})
	}
	return list
}
