package spec

import (
	"slices"
	"strings"
)

// Sample is k's example as YAML in its place, with what it needs beside it: in
// a file that has the other jobs, params and pools which it names, it is right.
func (k Key) Sample() string {
	var b strings.Builder
	indent, lead := "", ""
	line := func(text string) { b.WriteString(indent + text + "\n") }
	for i, s := range k.steps {
		for _, beside := range k.beside(i) {
			if item, ok := strings.CutPrefix(beside, "- "); ok {
				line("- " + item)
				continue
			}
			line(lead + beside)
			indent, lead = indent+strings.Repeat(" ", len(lead)), ""
		}
		if i == len(k.steps)-1 {
			line(lead + s.name + ": " + k.Example)
			break
		}
		line(lead + s.name + ":")
		indent, lead = indent+strings.Repeat(" ", len(lead))+"  ", ""
		if s.isList {
			lead = "- "
		}
	}
	return b.String()
}

// beside are the lines that stand above step i of k in the mapping that it is a
// key of. One that begins with - is an item of the list that the mapping is in,
// before it.
func (k Key) beside(i int) []string {
	mapping, rest := "."+pathOf(k.steps[:i]), pathOf(k.steps[i:])+"."
	for _, c := range companies() {
		of := func(key string) bool { return strings.HasPrefix(rest, key+".") }
		if strings.HasSuffix(mapping, "."+c.mapping) && (c.keys == "" || slices.ContainsFunc(strings.Fields(c.keys), of)) {
			return c.lines
		}
	}
	return nil
}

func pathOf(steps []step) string {
	names := make([]string, len(steps))
	for i, s := range steps {
		names[i] = s.name
	}
	return strings.Join(names, ".")
}

// company is what the example of a key can't be without.
type company struct {
	mapping string   // the end of the path of a mapping
	keys    string   // paths below it of keys, or of what holds them; empty: all
	lines   []string // as beside gives them
}

// companies are those of all keys. The first that fits a key counts.
func companies() []company {
	of := func(mapping, keys string, lines ...string) company { return company{mapping, keys, lines} }
	runs := "run command pipe"
	inputs := []string{"command: comm", "args: [{input: old}, {input: new}]"}
	branches := []string{"command: paste", "args: [{input: counted}, {input: NAME}]"}
	counted := "counted: {pipe: [cat words.txt, {tee: [{name: sorted, run: sort}]}, uniq -c]}"
	return []company{
		of("jobs.NAME", runs),
		of("jobs.NAME", "args.input", "command: wc", "inputs: {words: sort words.txt}"),
		of("jobs.NAME", "args", "command: ./scripts/report"),
		of("jobs.NAME", "inputs.NAME.branch", branches...),
		of("jobs.NAME", "inputs.NAME", "command: wc", "args: [{input: NAME}]"),
		of("jobs.NAME", "inputs", inputs...),
		of("jobs.NAME", "stop.message", "run: ./server", "channel: true"),
		of("jobs.NAME", "ready.message", "run: ./server", "service: true", "channel: true"),
		of("jobs.NAME", "service", "run: ./server"),
		of("jobs.NAME", "ready restart", "run: ./server", "service: true"),
		of("jobs.NAME", "retry.on", "run: ./build", "timeout: 10m"),
		of("jobs.NAME", "allow", "command: find", "args: [., -name, '*.go']"),
		of("jobs.NAME", "", "run: ./build"),

		of("pipe", runs),
		of("pipe", "args.input", "command: wc", "inputs: {words: sort words.txt}"),
		of("pipe", "args", "command: ./scripts/report"),
		of("pipe", "inputs.NAME.branch", branches...),
		of("pipe", "inputs.NAME", "command: wc", "args: [{input: NAME}]"),
		of("pipe", "inputs", "command: wc", "args: [{input: words}]"),
		of("pipe", "tee", "- zcat access.log.gz"),
		of("pipe", "spill", "- zcat access.log.gz", "tee: [{file: access.log}, ./slow]"),
		of("pipe", "allow", "command: find", "args: [., -name, '*.go']"),
		of("pipe", "", "run: ./filter"),

		of("tee", runs+" file"),
		of("tee", "mode", "file: raw.log"),
		of("tee", "args.input", "command: wc", "inputs: {words: sort words.txt}"),
		of("tee", "args", "command: ./scripts/count"),
		of("tee", "inputs", "command: comm", "args: ['-', {input: words}]"),
		of("tee", "", "run: wc -l"),

		of("inputs", "NAME.branch", counted),
		of("inputs.NAME", runs+" branch"),
		of("inputs.NAME", "args.input", "command: wc", "inputs: {words: sort words.txt}"),
		of("inputs.NAME", "args", "command: ./scripts/list"),
		of("inputs.NAME", "inputs", "command: wc", "args: [{input: words}]"),
		of("inputs.NAME", "", "run: sort"),

		of("args", "optional", "glob: src/**/*.go"),
		of("matrix", "exclude", "os: [linux, darwin]", "go: ['1.25', '1.26']"),
		of("stdout", "mode", "file: out/words.txt"),
		of("stderr", "mode", "file: errors.txt"),
		of("retry", "attempts"),
		of("retry", "", "attempts: 3"),
		of("ready", "timeout", "port: 8080"),
		of("spill", "full", "max: 10GiB"),
		of("shard", "workers"),
		of("shard", "", "workers: 4"),
		of("exclusive", "on_conflict", "name: deploy"),
		of("allow", "rule", "reason: the program matches names itself"),
		of("allow", "reason", "rule: SL205"),
		of("params.NAME", "values", "type: enum"),
		of("params.NAME", "min max", "type: int"),
		of("params.NAME", "required", "default: ''"),
	}
}
