package plan

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sluice/spec"
)

// nameFiles gives the files of i their names, now that its matrix is known. The
// stages of i are its own then, where they were shared.
func (i *Instance) nameFiles() error {
	named := func(o *Output) bool { return o.Named != nil }
	if !slices.ContainsFunc(i.Outputs(), named) && !slices.ContainsFunc(i.Inputs(), func(in Input) bool { return in.Named != nil }) {
		return nil
	}
	i.ownStages()
	var writes []string // in place
	for _, out := range i.Outputs() {
		if out.Named != nil {
			path, err := out.Named.output(i)
			if err != nil {
				return err
			}
			out.Path, out.Named = path, nil
		}
		if out.Mode == ModeTruncate || out.Mode == ModeAppend {
			writes = append(writes, out.Path)
		}
	}
	inputs := []*Input{&i.Stdin}
	for _, s := range i.Stages {
		if s.Stdin != nil {
			inputs = append(inputs, s.Stdin)
		}
	}
	for _, in := range inputs {
		if in.Named != nil {
			in.Path, in.Named, in.Later = in.Named.path(i), nil, false
		}
		if in.Kind == InFile && slices.Contains(writes, in.Path) {
			return fmt.Errorf("%s reads and writes %s; mode atomic would replace it when all is read", i.ID, in.Path)
		}
	}
	return nil
}

// ownStages makes copies of the stages of i, and of what they hold of files.
func (i *Instance) ownStages() {
	i.Stages = slices.Clone(i.Stages)
	for k, s := range i.Stages {
		own := *s
		if s.Stdin != nil {
			in := *s.Stdin
			own.Stdin = &in
		}
		if s.Stdout != nil {
			out := *s.Stdout
			own.Stdout = &out
		}
		if s.Tee != nil {
			tee := *s.Tee
			tee.Files = slices.Clone(tee.Files)
			own.Tee = &tee
		}
		i.Stages[k] = &own
	}
}

// path is the name that the file has in i.
func (n *Named) path(i *Instance) string {
	name, _ := n.Name.Resolve(func(u Unknown) (string, error) {
		value, _ := i.Axis(u.Name)
		return value, nil
	})
	return absolute(n.Dir, name)
}

// output is path for a file that i writes. What a job prints may name files
// below the directory that the job file names, without a symbolic link on the
// way, and none that other programs obey.
func (n *Named) output(i *Instance) (string, error) {
	path := n.path(i)
	known := n.Name.Parts()[0].Text // up to the first value
	root := absolute(n.Dir, known[:strings.LastIndex(known, "/")+1])
	below, is := strings.CutPrefix(path, strings.TrimSuffix(root, "/")+"/")
	switch {
	case !is || below == "":
		return "", fmt.Errorf("%s would write %s, which is not below %s", i.ID, path, root)
	case spec.IsObeyed(path):
		return "", fmt.Errorf("%s would write %s, and other programs execute or obey what stands there", i.ID, path)
	}
	at := root
	for name := range strings.SplitSeq(below, "/") {
		at = filepath.Join(at, name)
		if info, err := os.Lstat(at); err == nil && info.Mode().Type() == fs.ModeSymlink {
			return "", fmt.Errorf("%s would write %s, and %s is a symbolic link, which only the job file may lead through", i.ID, path, at)
		}
	}
	return path, nil
}

// Writers are the files that instances write, and who does.
type Writers map[string]Writer

// Writer is an instance that writes a file.
type Writer struct {
	ID     string
	Append bool
}

// Add adds the files of i. The error says which of them another instance writes
// too; several may append to one.
func (w Writers) Add(i *Instance) error {
	for _, out := range i.Outputs() {
		if out.Kind != OutFile || out.Named != nil {
			continue
		}
		one := Writer{i.ID, out.Mode == ModeAppend}
		if other, taken := w[out.Path]; taken && other.ID != i.ID && !(other.Append && one.Append) {
			return fmt.Errorf("%s and %s would both write %s", other.ID, i.ID, out.Path)
		}
		w[out.Path] = one
	}
	return nil
}
