package state

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sluice/runner/plan"
	"sluice/runner/report"
)

// reuseLab is a folder with the files of a run of five jobs: list captures,
// cc[f=x] and cc[f=y] need it, read a source each and make an object, link
// needs cc, free needs nothing.
type reuseLab struct {
	*testing.T
	dir   string
	store *Store
	plan  *plan.Plan
}

func newReuseLab(t *testing.T) *reuseLab {
	l := &reuseLab{T: t, dir: t.TempDir()}
	l.store = At(filepath.Join(l.dir, "state"))
	for _, name := range []string{"prog", "in.txt", "x.c", "y.c"} {
		l.write(name, name)
	}
	if err := os.Mkdir(l.path("folder"), 0o777); err != nil {
		t.Fatal(err)
	}
	l.plan = planOf(l.path("prog"), "list", "cc", "link", "free")
	list, cc, link := l.plan.Jobs[0], l.plan.Jobs[1], l.plan.Jobs[2]
	list.Instances[0].Stdout.Kind = plan.OutCapture
	list.Instances[0].Stdin = plan.Input{Kind: plan.InFile, Path: l.path("in.txt")}
	cc.Needs, link.Needs = []string{"list"}, []string{"cc"}
	cc.Instances = nil
	for _, f := range []string{"x", "y"} {
		inst := planOf(l.path("prog"), "cc[f="+f+"]").Jobs[0].Instances[0]
		inst.Reads = []plan.Text{plan.Known(l.path("folder")), plan.Known(l.path(f + ".c"))}
		inst.Stdout = plan.Output{Kind: plan.OutFile, Path: l.path(f + ".o")}
		cc.Instances = append(cc.Instances, inst)
	}
	link.Instances[0].Stdin = plan.Input{Kind: plan.InFile, Path: l.path("x.o")}
	return l
}

func (l *reuseLab) path(name string) string { return filepath.Join(l.dir, name) }

func (l *reuseLab) write(name, text string) {
	l.Helper()
	if err := os.WriteFile(l.path(name), []byte(text), 0o666); err != nil {
		l.Fatal(err)
	}
}

// run makes a run of the plan that takes over prior, and in which the
// instances ids run and succeed. It is lost.
func (l *reuseLab) run(prior map[string]Done, ids ...string) *Folder {
	l.Helper()
	m := Meta{Prior: map[string]string{}}
	for id, d := range prior {
		m.Prior[id] = d.RunID
	}
	run := create(l.T, l.store, l.plan, m)
	for _, id := range ids {
		res := done(id)
		var stdout []byte
		switch {
		case id == "list":
			stdout = []byte{}
		case strings.HasPrefix(id, "cc"):
			out := l.path(id[len("cc[f="):len(id)-1] + ".o")
			l.write(filepath.Base(out), "object")
			info, err := os.Stat(out)
			if err != nil {
				l.Fatal(err)
			}
			res.Outputs = []report.Output{{Path: out, Size: info.Size(), Mtime: info.ModTime()}}
		}
		if err := record(run, res, stdout); err != nil {
			l.Fatal(err)
		}
	}
	if err := run.Close(); err != nil {
		l.Fatal(err)
	}
	return FolderAt(run.Dir())
}

// reusable is what need not run again, and below it why others must.
func (l *reuseLab) reusable(f *Folder) (string, map[string]Done) {
	l.Helper()
	prior, again, err := f.Reusable(l.plan)
	if err != nil {
		l.Fatal(err)
	}
	text := strings.Join(slices.Sorted(maps.Keys(prior)), " ") + "\n"
	for _, a := range again {
		text += a.ID + ": " + strings.ReplaceAll(a.Why, l.dir+"/", "") + "\n"
	}
	return text, prior
}

var everyInstance = []string{"list", "cc[f=x]", "cc[f=y]", "link", "free"}

func TestReusable(t *testing.T) {
	const all = "cc[f=x] cc[f=y] free link list\n"
	for _, c := range []struct {
		name   string
		change func(l *reuseLab, f *Folder)
		want   string
	}{
		{"nothing", func(*reuseLab, *Folder) {}, all},
		{"what is in a directory", func(l *reuseLab, _ *Folder) { l.write("folder/new", "") }, all},
		{"content", func(l *reuseLab, _ *Folder) { l.write("y.c", "longer") },
			"cc[f=x] free list\ncc[f=y]: y.c has 6 bytes and had 3\nlink: it needs cc, which runs again\n"},
		{"time", func(l *reuseLab, _ *Folder) { os.Chtimes(l.path("in.txt"), time.Time{}, time.Unix(1, 0)) },
			"free\nlist: in.txt has changed\ncc[f=x]: it needs list, which runs again\ncc[f=y]: it needs list, which runs again\nlink: it needs cc, which runs again\n"},
		{"another file", func(l *reuseLab, _ *Folder) {
			info, err := os.Stat(l.path("x.c"))
			if err != nil {
				l.Fatal(err)
			}
			l.write("new", "x.c")
			os.Chtimes(l.path("new"), time.Time{}, info.ModTime())
			os.Rename(l.path("new"), l.path("x.c"))
		}, "cc[f=y] free list\ncc[f=x]: x.c is another file\nlink: it needs cc, which runs again\n"},
		{"a directory in place of a file", func(l *reuseLab, _ *Folder) {
			os.Remove(l.path("y.c"))
			os.Mkdir(l.path("y.c"), 0o777)
		}, "cc[f=x] free list\ncc[f=y]: y.c is another file\nlink: it needs cc, which runs again\n"},
		{"a missing program", func(l *reuseLab, _ *Folder) { os.Remove(l.path("prog")) },
			"\nlist: prog is missing\ncc[f=x]: prog is missing\ncc[f=y]: prog is missing\nlink: prog is missing\nfree: prog is missing\n"},
		{"a missing output", func(l *reuseLab, _ *Folder) { os.Remove(l.path("x.o")) },
			"cc[f=y] free list\ncc[f=x]: x.o, which it made, is missing\nlink: it needs cc, which runs again\n"},
		{"a changed output", func(l *reuseLab, _ *Folder) { l.write("x.o", "cut") },
			"cc[f=y] free list\ncc[f=x]: x.o, which it made, has changed\nlink: it needs cc, which runs again\n"},
		{"a missing capture", func(_ *reuseLab, f *Folder) { os.Remove(filepath.Join(f.dir, captureName, "list")) },
			"free\nlist: what it captured is missing\ncc[f=x]: it needs list, which runs again\ncc[f=y]: it needs list, which runs again\nlink: it needs cc, which runs again\n"},
		{"a boot, with all on the disk", func(l *reuseLab, f *Folder) {
			setMeta(l.T, f, func(m *Meta) { m.Runner.Boot = "another" })
		}, all},
		{"a boot, with nothing synced", func(l *reuseLab, f *Folder) {
			setMeta(l.T, f, func(m *Meta) { m.Runner.Boot, m.Durability = "another", None })
		}, "\n"},
	} {
		l := newReuseLab(t)
		f := l.run(nil, everyInstance...)
		c.change(l, f)
		if got, _ := l.reusable(f); got != c.want {
			t.Errorf("%s: got\n%swant\n%s", c.name, got, c.want)
		}
	}
}

// What comes after what has not succeeded runs again, whatever it was needed
// for, and nothing else.
func TestReusableAfterAFailure(t *testing.T) {
	l := newReuseLab(t)
	l.plan.Jobs[3].After = []string{"link"}
	f := l.run(nil, "list", "cc[f=x]", "cc[f=y]", "free")
	if got, _ := l.reusable(f); got != "cc[f=x] cc[f=y] list\nfree: it comes after link, which runs again\n" {
		t.Error(got)
	}
}

// What a job of the same run had changed, before another one began, is not
// changed for that one.
func TestReusableBuiltOnTheWay(t *testing.T) {
	l := newReuseLab(t)
	run := create(t, l.store, l.plan, Meta{})
	l.write("prog", "built by list, of which the job file says nothing")
	built, err := os.Stat(l.path("prog"))
	if err != nil {
		t.Fatal(err)
	}
	for id, start := range map[string]time.Time{"free": changeTime(built).Add(tick + 1), "link": changeTime(built).Add(tick)} {
		res := done(id)
		res.Start = start
		if err := record(run, res, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
	if got, _ := l.reusable(FolderAt(run.Dir())); got != "free\nlink: prog has 49 bytes and had 4\n" {
		t.Error(got)
	}
}

// A run that repeats another one has its successes too, until it runs them
// itself or its files are gone.
func TestReusableChain(t *testing.T) {
	l := newReuseLab(t)
	first := l.run(nil, "list", "cc[f=x]", "free")
	l.write("x.c", "changed")
	got, prior := l.reusable(first)
	if got != "free list\ncc[f=x]: x.c has 7 bytes and had 3\n" {
		t.Error(got)
	}
	second := l.run(prior, "cc[f=y]") // cc[f=x] was its to run, and it did not come to that
	if got, prior = l.reusable(second); got != "cc[f=y] free list\n" {
		t.Error(got)
	}
	if prior["list"].RunID != first.ID || prior["cc[f=y]"].RunID != second.ID {
		t.Errorf("%+v", prior)
	}
	third := l.run(prior, "cc[f=x]", "link")
	got, prior = l.reusable(third)
	if got != "cc[f=x] cc[f=y] free link list\n" || prior["list"].RunID != first.ID || prior["list"].Stdout == nil {
		t.Errorf("%s%+v", got, prior["list"])
	}
	os.RemoveAll(first.dir)
	if got, _ = l.reusable(third); got != "\ncc[f=x]: it needs list, which runs again\ncc[f=y]: it needs list, which runs again\nlink: it needs cc, which runs again\n" {
		t.Error(got)
	}
}

// Several jobs may add to one file: what others added is no change. A service
// is never done, and what used it is not for that reason undone.
func TestReusableSpecial(t *testing.T) {
	l := newReuseLab(t)
	l.plan.Jobs[1].Instances[0].Stdout.Mode = plan.ModeAppend
	l.plan.Jobs[0].Service = true
	f := l.run(nil, everyInstance...)
	file, err := os.OpenFile(l.path("x.o"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(file, "more")
	file.Close()
	const want = "cc[f=x] cc[f=y] free link\n"
	if got, _ := l.reusable(f); got != want {
		t.Error(got)
	}
	os.Truncate(l.path("x.o"), 1)
	if got, _ := l.reusable(f); got != "cc[f=y] free\ncc[f=x]: x.o, which it made, has changed\nlink: it needs cc, which runs again\n" {
		t.Error(got)
	}
}

// A detached job is done while its own run goes on, and when that succeeded.
func TestReusableDetached(t *testing.T) {
	l := newReuseLab(t)
	own := create(t, l.store, planOf(l.path("prog"), "free"), Meta{Detached: true, Name: "free"})
	run := create(t, l.store, l.plan, Meta{})
	res := done("free")
	res.RunID, res.Attempts = own.ID(), nil
	if err := record(run, res, nil); err != nil {
		t.Fatal(err)
	}
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
	f, detached := FolderAt(run.Dir()), FolderAt(own.Dir())
	want := func(want string) {
		t.Helper()
		if got, _ := l.reusable(f); got != want {
			t.Errorf("got %swant %s", got, want)
		}
	}
	want("free\n")
	if err := own.Close(); err != nil {
		t.Fatal(err)
	}
	want("\nfree: run " + own.ID() + ", as which it went on, is lost\n")
	put(t, detached, resultName, (&report.Report{Status: report.TimedOut}).AppendJSON(nil))
	want("\nfree: run " + own.ID() + ", as which it went on, ended as timed_out\n")
	put(t, detached, resultName, (&report.Report{Status: report.Succeeded}).AppendJSON(nil))
	want("free\n")
	os.RemoveAll(own.Dir())
	want("\nfree: nothing is known of run " + own.ID() + " any more, as which it went on\n")
}
