package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestTook(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                          "0ms",
		400 * time.Microsecond:     "0ms",
		812 * time.Millisecond:     "812ms",
		999600 * time.Microsecond:  "1.00s",
		1240 * time.Millisecond:    "1.24s",
		9996 * time.Millisecond:    "10.0s",
		12340 * time.Millisecond:   "12.3s",
		59960 * time.Millisecond:   "1m00s",
		123 * time.Second:          "2m03s",
		3599600 * time.Millisecond: "1h00m",
		3*time.Hour + 29*time.Second + 2*time.Minute: "3h02m",
		50 * time.Hour: "50h00m",
	} {
		if got := Took(d); got != want {
			t.Errorf("%v: got %s, want %s", d, got, want)
		}
	}
}

func job(id string, st Status, took time.Duration) *Job {
	j := &Job{ID: id, Name: id, Status: st, Took: took}
	if st != Skipped && st != NotStarted {
		j.Attempts = []*Attempt{{Number: 1, Status: st, CauseBy: -1}}
	}
	return j
}

func summary(t *testing.T, r *Report, s Style) string {
	t.Helper()
	var b strings.Builder
	if err := r.WriteSummary(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestSummary(t *testing.T) {
	flaky := job("build[os=linux]", Succeeded, 812*time.Millisecond)
	flaky.Attempts = append(flaky.Attempts, &Attempt{Number: 2, Status: Succeeded, Warnings: []string{"w"}})
	test := job("test", Failed, 2*time.Second)
	test.Last().Cause = "exit code 2"
	deploy := job("deploy", NotStarted, 0)
	deploy.Reason = "test failed"
	mac := job("build[os=darwin]", Skipped, 0)
	mac.Reason = "os is linux"
	r := &Report{Took: 123 * time.Second, Signal: "INT", Jobs: []*Job{
		flaky, mac, test, job("漢\x1b", TimedOut, 60*time.Second), job("watch", Cancelled, time.Second), deploy,
	}}
	want := `✓ build[os=linux]   succeeded    812ms  2 attempts, 1 warning
– build[os=darwin]  skipped             os is linux
✗ test              failed       2.00s  exit code 2
✗ 漢␛               timed out    1m00s
■ watch             cancelled    1.00s
○ deploy            not started         test failed
6 jobs: 1 succeeded, 1 failed, 1 timed out, 1 cancelled, 1 not started, 1 skipped in 2m03s, told to stop by INT
`
	if got := summary(t, r, Style{}); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestSummaryInColour(t *testing.T) {
	r := &Report{Took: time.Second, Jobs: []*Job{job("a", Succeeded, time.Second), job("b", Failed, 0)}}
	want := "\x1b[32m✓\x1b[0m a  \x1b[32msucceeded\x1b[0m  1.00s\n" +
		"\x1b[31m✗\x1b[0m b  \x1b[31mfailed\x1b[0m       0ms\n" +
		"2 jobs: \x1b[32m1 succeeded\x1b[0m, \x1b[31m1 failed\x1b[0m in 1.00s\n"
	if got := summary(t, r, Style{Color: true}); got != want {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

func TestSummaryOfOneJob(t *testing.T) {
	warned := job("a", Succeeded, time.Second)
	warned.Last().Warnings = []string{"w"}
	for _, c := range []struct {
		job  *Job
		want string
	}{
		{job("a", Succeeded, time.Second), ""},
		{warned, "✓ a  succeeded  1.00s  1 warning\n1 job: 1 succeeded in 1.00s\n"},
		{job("a", Failed, time.Second), "1 job: 1 failed in 1.00s\n"},
		{job("a", Cancelled, time.Second), "■ a  cancelled  1.00s\n1 job: 1 cancelled in 1.00s\n"},
	} {
		r := &Report{Took: time.Second, Jobs: []*Job{c.job}}
		if got := summary(t, r, Style{}); got != c.want {
			t.Errorf("got\n%s\nwant\n%s", got, c.want)
		}
	}
	if got, want := summary(t, &Report{}, Style{}), "0 jobs in 0ms\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSummaryOfManyJobs(t *testing.T) {
	r := &Report{Took: time.Second}
	for i := range 40 {
		st := Succeeded
		if i%2 == 1 {
			st = Failed
		}
		r.Jobs = append(r.Jobs, job(fmt.Sprintf("j[i=%d]", i), st, time.Second))
	}
	lines := strings.Split(strings.TrimSuffix(summary(t, r, Style{}), "\n"), "\n")
	if len(lines) != 17 || lines[0] != "✗ j[i=1]   failed  1.00s" || lines[14] != "✗ j[i=29]  failed  1.00s" {
		t.Errorf("%d lines:\n%s", len(lines), strings.Join(lines, "\n"))
	}
	if lines[15] != "  and 5 more" || lines[16] != "40 jobs: 20 succeeded, 20 failed in 1.00s" {
		t.Errorf("the end is\n%s", strings.Join(lines[15:], "\n"))
	}
}

func TestJSON(t *testing.T) {
	r := &Report{RunID: "r1", File: "/<x>.yaml", Status: Failed, Took: 5, Jobs: []*Job{job("a", Failed, 3)}}
	var b strings.Builder
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	if want := "{\n  \"version\": 1,\n  \"run_id\": \"r1\",\n  \"file\": \"/<x>.yaml\",\n"; !strings.HasPrefix(b.String(), want) {
		t.Errorf("got\n%s\nwant the beginning\n%s", b.String(), want)
	}
	var back Report
	if err := json.Unmarshal([]byte(b.String()), &back); err != nil {
		t.Fatal(err)
	}
	r.Version = Version
	if !reflect.DeepEqual(&back, r) {
		t.Errorf("got %+v, want %+v", &back, r)
	}
}

type refusing struct{ err error }

func (r refusing) Write([]byte) (int, error) { return 0, r.err }

func TestWriteErrors(t *testing.T) {
	w := refusing{errors.New("no space left on device")}
	j := job("a", Failed, 3)
	r := &Report{Jobs: []*Job{j}}
	for name, err := range map[string]error{
		"json": r.WriteJSON(w), "summary": r.WriteSummary(w, Style{}), "failure": WriteFailure(w, j, "", Style{}),
	} {
		if !errors.Is(err, w.err) {
			t.Errorf("%s: got %v, want %v", name, err, w.err)
		}
	}
}
