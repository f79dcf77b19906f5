package plan

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"golang.org/x/sys/unix"

	"sluice/spec"
	"sluice/spec/diag"
)

// words is what err says, without the call that failed.
func words(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Path + ": " + pe.Err.Error()
	}
	return err.Error()
}

// needDir checks that a directory exists, unless later jobs may make it.
func (b *builder) needDir(dir string, at spec.String, later bool) {
	if b.stats[dir] {
		return
	}
	switch info, err := os.Stat(dir); {
	case err == nil && info.IsDir():
		b.stats[dir] = true
	case err == nil:
		b.at("SL611", at, "dir: "+dir+" is no directory", "")
	case errors.Is(err, fs.ErrNotExist) && later:
	default:
		b.at("SL611", at, "dir: "+words(err), "a directory is seen from the file's dir:, "+b.dir)
	}
}

// lookup is the outcome of a search for an executable.
type lookup struct {
	path  string
	later bool
	msg   string // why there is none
	hint  string
}

// executable finds the program called name as a child with the scope's
// environment and directory would.
func (b *builder) executable(name string, a spec.Arg, s scope, later bool) (path string, isLater bool) {
	key := s.dir + "\x00" + s.env["PATH"] + "\x00" + name
	l, ok := b.lookups[key]
	if !ok {
		l = find(name, s.dir, s.env["PATH"])
		b.lookups[key] = l
	}
	if l.msg != "" && !(l.later && later) {
		b.add("SL610", a.Pos, len([]rune(name)), l.msg, l.hint)
	}
	return l.path, l.later && later
}

func find(name, dir, path string) lookup {
	if strings.Contains(name, "/") {
		full := absolute(dir, name)
		err := isExecutable(full)
		l := lookup{path: full}
		if err != nil {
			l.later = errors.Is(err, fs.ErrNotExist)
			l.msg, l.hint = fmt.Sprintf("%s: %s", name, words(err)), "a program with a / in its name is seen from the job's directory, "+dir
			if errors.Is(err, errNotExecutable) {
				l.hint = "make it executable: chmod +x " + full
			}
		}
		return l
	}
	var blocked error
	for _, d := range filepath.SplitList(path) {
		full := filepath.Join(absolute(dir, d), name) // an empty entry means the current directory
		err := isExecutable(full)
		switch {
		case err == nil && !filepath.IsAbs(d):
			return lookup{
				msg:  fmt.Sprintf("%q is found by the entry %q of PATH, which means another program in every directory", name, d),
				hint: "write " + dotted(filepath.Join(d, name)) + " if that is the program, or take the entry out of PATH: " + path,
			}
		case err == nil:
			return lookup{path: full}
		case !errors.Is(err, fs.ErrNotExist) && blocked == nil && filepath.IsAbs(d):
			blocked = err
		}
	}
	l := lookup{msg: fmt.Sprintf("there is no program %q on the job's PATH", name), hint: "PATH is " + path}
	if blocked != nil {
		l.msg += "; " + words(blocked)
	}
	if isExecutable(filepath.Join(dir, name)) == nil {
		l.hint = "the job's directory has one: write ./" + name
	}
	return l
}

// dotted is a relative name that no search along PATH can find.
func dotted(name string) string {
	if strings.Contains(name, "/") {
		return name
	}
	return "./" + name
}

var errNotExecutable = errors.New("it is not executable")

func isExecutable(path string) error {
	// Most directories of a PATH do not have the program: one cheap call says so.
	access := unix.Access(path, unix.X_OK)
	if access == unix.ENOENT {
		return &fs.PathError{Op: "exec", Path: path, Err: access}
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return err
	case info.IsDir():
		err = errors.New("it is a directory")
	case info.Mode()&0o111 == 0:
		err = errNotExecutable
	case access != nil && noExec(path):
		err = errors.New("its file system is mounted noexec")
	case access != nil:
		err = fmt.Errorf("this user may not execute it: %w", access)
	default:
		return nil
	}
	return &fs.PathError{Op: "exec", Path: path, Err: err}
}

// input resolves a stdin.
func (b *builder) input(in spec.Input, s scope) Input {
	switch in.Kind {
	case spec.InputInherit:
		return Input{Kind: InInherit}
	case spec.InputText:
		return Input{Kind: InText, Text: b.eval(in.Text, s)}
	case spec.InputJob:
		b.needsValue(in.Job.Value, in.Job.Pos, len(in.Job.Value))
		return Input{Kind: InJob, Job: in.Job.Value}
	case spec.InputFile:
		if n := b.named(in.File, s); n != nil {
			return Input{Kind: InFile, Named: n, Later: true}
		}
		path, ok := b.path(in.File, s, s.dir)
		return Input{Kind: InFile, Path: path, Later: ok && b.inputFile(path, in.File.String, b.upstream[s.job.Name.Value])}
	}
	return Input{Kind: InNone}
}

// inputFile checks that path can be read. later says that a job before may
// make it.
func (b *builder) inputFile(path string, at spec.String, later bool) (missing bool) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && later:
		return true
	case err != nil:
		b.at("SL612", at, "stdin: "+words(err), "")
	case info.IsDir():
		b.at("SL612", at, "stdin: "+path+" is a directory", "name a file in it")
	case unix.Access(path, unix.R_OK) != nil:
		b.at("SL612", at, "stdin: "+path+" can't be read by this user", "")
	}
	return false
}

// named is the file called t, where values of the matrix that only the run knows
// are all that is not known of its name; else nil.
func (b *builder) named(t spec.Template, s scope) *Named {
	if !slices.ContainsFunc(s.axes, func(a axisValue) bool { return a.Job != "" }) {
		return nil
	}
	name := b.eval(t, s)
	if _, known := name.Known(); known || slices.ContainsFunc(name.Parts(), func(p Part) bool { return p.Unknown != nil && p.Unknown.Kind != UnknownMatrix }) {
		return nil
	}
	return &Named{Dir: s.dir, Name: name}
}

// output is a file that an instance writes.
type output struct {
	inst *Instance
	job  string
	mode FileMode
	pos  diag.Pos
	name string
}

// output resolves where a stream of inst goes.
func (b *builder) output(o spec.Output, s scope, inst *Instance, stderr bool) Output {
	switch o.Kind {
	case spec.OutputInherit:
		return Output{Kind: OutInherit}
	case spec.OutputDiscard:
		return Output{Kind: OutDiscard}
	case spec.OutputStdout:
		return Output{Kind: OutStdout}
	case spec.OutputCapture:
		trim := !o.Trim.IsSet() || o.Trim.Value
		return Output{Kind: OutCapture, Max: int64(o.Max.Or(1 << 20)), Trim: trim}
	case spec.OutputFile:
		out := Output{Kind: OutFile, Mode: ModeAtomic}
		if o.Mode.IsSet() {
			out.Mode = FileMode(o.Mode.Value)
		} else if stderr {
			out.Mode = ModeTruncate // what went wrong is wanted most when the job failed
		}
		if out.Named = b.named(o.File, s); out.Named != nil {
			return out
		}
		var ok bool
		if out.Path, ok = b.path(o.File, s, s.dir); ok {
			b.outputFile(out, o.File.String, inst, s.job.Name.Value)
		}
		return out
	}
	return Output{Kind: OutLog}
}

func (b *builder) outputFile(out Output, at spec.String, inst *Instance, jobName string) {
	if strings.HasPrefix(out.Path, "/dev/") && out.Mode == ModeTruncate {
		return // a device belongs to nobody, and is written through
	}
	if inst.spreads() && out.Mode == ModeAppend {
		b.shared[out.Path] = true
	} else if inst.spreads() {
		b.add("SL603", at.Pos, len([]rune(at.Value)), fmt.Sprintf("%s is written by every instance of %s, and how many there are only the run knows", out.Path, inst.ID), "put the axis into the name, or write mode: append")
		return
	}
	if other, taken := b.outputs[out.Path]; taken && !(out.Mode == ModeAppend && other.mode == ModeAppend) {
		msg := fmt.Sprintf("%s is written by %s and by %s", out.Path, other.inst.ID, inst.ID)
		if other.inst == inst {
			msg = fmt.Sprintf("%s is written twice by %s", out.Path, inst.ID)
		}
		p := b.add("SL603", at.Pos, len([]rune(at.Value)), msg, "give each its own file, or write mode: append in both")
		if other.pos != at.Pos {
			p.Related = []diag.Related{{Pos: other.pos, Msg: "first here"}}
		} else {
			p.Hint = "put ${matrix.…} into the name, so that each instance has its own"
		}
		return
	}
	if _, taken := b.outputs[out.Path]; taken {
		b.shared[out.Path] = true
	}
	b.outputs[out.Path] = output{inst, jobName, out.Mode, at.Pos, at.Value}
	info, err := os.Lstat(out.Path)
	if err != nil {
		return // it does not exist yet; what stands in the way of making it is told by the run
	}
	replaced := out.Mode == ModeAtomic || out.Mode == ModeCreate
	kind := map[fs.FileMode]string{fs.ModeDir: "directory", fs.ModeSymlink: "symbolic link", fs.ModeNamedPipe: "FIFO", fs.ModeSocket: "socket", fs.ModeDevice: "device", fs.ModeDevice | fs.ModeCharDevice: "device"}[info.Mode().Type()]
	switch {
	case out.Path == os.DevNull && replaced:
		b.at("SL602", at, out.Path+" can't be replaced", "write discard in place of {file: …}")
	case info.IsDir():
		b.at("SL602", at, out.Path+" is a directory", "name a file in it")
	case kind != "" && replaced:
		b.at("SL602", at, fmt.Sprintf("%s is a %s, and mode %s replaces what stands there", out.Path, kind, out.Mode), "write mode: truncate to write through it")
	case out.Mode == ModeCreate:
		b.at("SL602", at, out.Path+" exists, and mode create never replaces a file", "remove the file, or write mode: atomic")
	}
}

// globUse is a pattern among a job's arguments.
type globUse struct {
	pattern, dir, job string
	at                spec.String
}

// stale reports patterns that match what another job is going to write: they
// are matched before any job runs, so they would find what an earlier run
// left, or nothing.
func (b *builder) stale() {
	told := map[diag.Pos]bool{}
	for _, g := range b.globs {
		for _, path := range slices.Sorted(maps.Keys(b.outputs)) {
			out := b.outputs[path]
			name := path
			if !filepath.IsAbs(g.pattern) {
				name, _ = filepath.Rel(g.dir, path)
			}
			if match, err := doublestar.Match(filepath.Clean(g.pattern), name); err != nil || !match || told[g.at.Pos] || out.job == g.job {
				continue
			}
			told[g.at.Pos] = true
			p := b.add("SL613", g.at.Pos, g.at.Len(), fmt.Sprintf("the pattern matches %s, which job %q writes; patterns are matched before any job runs", name, out.job),
				"name the files that the job makes")
			p.Related = []diag.Related{{Pos: out.pos, Msg: "written here"}}
		}
	}
}

// conflicts reports jobs that empty the file that they read, and marks the
// files that several append to.
func (b *builder) conflicts(p *Plan) {
	for _, j := range p.Jobs {
		for _, inst := range j.Shapes() {
			for _, out := range inst.Outputs() {
				// Of what only the run can name, others may have the same name.
				out.Shared = b.shared[out.Path] || out.Named != nil && out.Mode == ModeAppend
			}
			for _, in := range inst.Inputs() {
				out, ok := b.outputs[in.Path]
				if in.Kind == InFile && ok && out.inst == inst && (out.mode == ModeTruncate || out.mode == ModeAppend) {
					b.add("SL603", out.pos, len([]rune(out.name)), fmt.Sprintf("%s reads and writes %s", inst.ID, in.Path), "write mode: atomic, which replaces it when all is read")
				}
			}
		}
	}
}

// glob is the sorted file names that t matches, seen from the scope's
// directory. Names that begin with a dot are matched only by a dot.
func (b *builder) glob(t spec.Template, s scope, optional bool) []string {
	written := b.pattern(t, s)
	if written == "" {
		b.at("SL613", t.String, "the pattern is empty", "write one such as {glob: '*.txt'}")
		return nil
	}
	pattern := strings.TrimRight(written, "/")
	base, rest := doublestar.SplitPattern(pattern)
	root := absolute(s.dir, unescape(base))
	matches, err := doublestar.Glob(os.DirFS(root), rest, doublestar.WithNoHidden(), doublestar.WithFailOnIOErrors())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		matches = nil
	case errors.Is(err, doublestar.ErrBadPattern):
		b.at("SL613", t.String, "the pattern can't be read", "** * ? [a-z] and {a,b} are known; \\ takes the next character as it is")
		return nil
	case err != nil:
		b.at("SL613", t.String, "the pattern's directories can't be read: "+words(err), "")
		return nil
	}
	if s.job != nil {
		b.globs = append(b.globs, globUse{pattern, s.dir, s.job.Name.Value, t.String})
	}
	if pattern != written { // a / at the end asks for directories
		matches = slices.DeleteFunc(matches, func(m string) bool {
			info, err := os.Stat(filepath.Join(root, m))
			return err != nil || !info.IsDir()
		})
	}
	if len(matches) == 0 && !optional {
		hint := "add optional: true if there may be none"
		if s.job != nil && b.upstream[s.job.Name.Value] {
			hint = "patterns are matched before any job runs: name the files that a job makes\n" + hint
		}
		b.at("SL613", t.String, "the pattern matches no file in "+root, hint)
	}
	for i, m := range matches {
		if filepath.IsAbs(pattern) {
			matches[i] = filepath.Join(root, m)
		} else if matches[i] = filepath.Join(unescape(base), m); strings.HasPrefix(matches[i], "-") {
			matches[i] = "./" + matches[i]
		}
	}
	slices.Sort(matches)
	return matches
}

// pattern is t with its values put in as text: what is special in a pattern
// has no meaning in them.
func (b *builder) pattern(t spec.Template, s scope) string {
	var p strings.Builder
	for _, part := range t.Parts {
		if part.Ref == nil {
			p.WriteString(part.Text)
			continue
		}
		v, _ := b.ref(part.Ref, s).text.Known()
		for _, r := range v {
			if strings.ContainsRune(`*?[]{}\`, r) {
				p.WriteByte('\\')
			}
			p.WriteRune(r)
		}
	}
	return p.String()
}

func unescape(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		out.WriteByte(s[i])
	}
	return out.String()
}
