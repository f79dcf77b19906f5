package runner

import (
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sluice/runner/plan"
	"sluice/runner/report"
)

// freePort is an address of this machine that nothing listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Each way to be ready is noticed, in every stream that is logged.
func TestReady(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "old"), "old")
	port := freePort(t)
	for _, tt := range []struct {
		name   string
		ready  *plan.Ready
		stages []*plan.Stage
	}{
		{"its processes run", nil, []*plan.Stage{self(t, "hang")}},
		{"its processes run, and nothing else counts", &plan.Ready{}, []*plan.Stage{self(t, "hang"), self(t, "hang")}},
		{"a line", &plan.Ready{Line: "listening on [0-9]+$"}, []*plan.Stage{self(t, "serve", "out", "80")}},
		{"a line on standard error", &plan.Ready{Line: "listening"}, []*plan.Stage{self(t, "serve", "err", "80")}},
		{"a line of a first stage", &plan.Ready{Line: "listening"}, []*plan.Stage{self(t, "serve", "err", "80"), self(t, "copy")}},
		{"a port", &plan.Ready{Port: port}, []*plan.Stage{self(t, "serve", "port", port)}},
		{"a new file", &plan.Ready{File: filepath.Join(dir, "new")}, []*plan.Stage{self(t, "serve", "file", filepath.Join(dir, "new"))}},
		{"a changed file", &plan.Ready{File: filepath.Join(dir, "old")}, []*plan.Stage{self(t, "serve", "file", filepath.Join(dir, "old"))}},
	} {
		for _, direct := range []bool{false, true} {
			if direct && (tt.ready == nil || tt.ready.Line == "") {
				continue
			}
			db := serviceJob(t, "db", tt.stages...)
			if db.Instances[0].Ready = tt.ready; tt.ready != nil {
				db.Instances[0].Ready.Timeout = plan.Duration(time.Hour)
			}
			o := execute(t, planOf(db, client(t, "a", "db")), Options{Direct: direct})
			if got, want := story(o.recorder), "+db !db +a .a ~db .db"; got != want || o.Status != report.Succeeded {
				t.Errorf("%s: %s: %s", tt.name, o.Status, got)
			}
		}
	}
}

// What is not ready in time, or can't be known to be, has failed, and nothing
// that needs it starts.
func TestNotReady(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().String()
	file := filepath.Join(t.TempDir(), "old")
	write(t, file, "old")
	soon := plan.Duration(30 * time.Millisecond)
	for _, tt := range []struct {
		ready  *plan.Ready
		stage  *plan.Stage
		status report.Status
		cause  string
	}{
		{&plan.Ready{Line: "steady", Timeout: soon}, self(t, "hang"), report.TimedOut, "not ready within 30ms"},
		{&plan.Ready{Port: freePort(t), Timeout: soon}, self(t, "hang"), report.TimedOut, "not ready within 30ms"},
		{&plan.Ready{File: file, Timeout: soon}, self(t, "hang"), report.TimedOut, "not ready within 30ms"},
		{&plan.Ready{Port: port}, self(t, "hang"), report.Failed, "something else accepts connections on " + port + " already, so they would not tell that this job is ready"},
		{&plan.Ready{Line: "ready"}, self(t, "exit", "0"), report.Failed, "it ended before it was ready: exit code 0"},
		{&plan.Ready{Line: "ready"}, self(t, "exit", "3"), report.Failed, "it ended before it was ready: exit code 3"},
		{nil, stageOf("x", "/no/such", []string{"x"}, nil), report.Failed, "can't start"},
	} {
		db := serviceJob(t, "db", tt.stage)
		db.Instances[0].Ready = tt.ready
		o := execute(t, planOf(db, client(t, "a", "db")), Options{})
		a := o.Jobs[0].Last()
		if a.Status != tt.status || !strings.HasPrefix(a.Cause, tt.cause) {
			t.Errorf("%s: %s\nwant %s: %s", a.Status, a.Cause, tt.status, tt.cause)
		}
		if got := o.Jobs[1]; got.Status != report.NotStarted || got.Reason != "it needs db, which did not succeed" {
			t.Errorf("a is %s: %s", got.Status, got.Reason)
		}
	}
}

// A line may come in pieces, without an end, and be longer than is kept.
func TestLineFinder(t *testing.T) {
	long := strings.Repeat("x", longestLine)
	for _, tt := range []struct {
		line   string
		pieces []string
		want   bool
	}{
		{"^up$", []string{"u", "p", "\n"}, true},
		{"^up$", []string{"up\r\n"}, true},
		{"^up$", []string{"no\nup\nno"}, true},
		{"^up$", []string{"up"}, true}, // with the end of the stream
		{"^up$", []string{"it is up\n"}, false},
		{"up", []string{"u\np\n"}, false},
		{"up", []string{"up" + long + long, "\n"}, true},
		{"up", []string{long, "up", long + "\n"}, false}, // beyond what is kept
		{"^up$", []string{long + long + "\nup\n"}, true},
	} {
		j := job("j")
		j.Instances[0].Ready = &plan.Ready{Line: tt.line}
		a := &attempt{r: &run{}, job: j, inst: j.Instances[0], res: &report.Attempt{}}
		var err error
		if a.ready, err = a.prepareReady(); err != nil {
			t.Fatal(err)
		}
		f := lineFinder{readiness: a.ready}
		for _, p := range tt.pieces {
			f.see([]byte(p))
		}
		f.see(nil)
		if got := a.ready.told.Load(); got != tt.want {
			t.Errorf("%s in %.40q: %v", tt.line, tt.pieces, got)
		}
		if len(f.line) > longestLine {
			t.Errorf("%d bytes are kept", len(f.line))
		}
	}
}
