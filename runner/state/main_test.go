package state

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/report"
)

// TestMain lets the test binary play the runner of a run, which tests end by
// force or bound in what it may write.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "record" {
		if err := playRecord(os.Args[2]); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// planOf is a plan of jobs with one instance each, which all run program.
func planOf(program string, ids ...string) *plan.Plan {
	p := &plan.Plan{Version: plan.Version, File: "/job.yaml"}
	for _, id := range ids {
		p.Jobs = append(p.Jobs, &plan.Job{Name: id, Instances: []*plan.Instance{{
			ID: id, Stages: []*plan.Stage{{Name: "s", Argv: []plan.Text{plan.Known("s")}, Path: program}},
		}}})
	}
	return p
}

// create makes the folder of a run of p, which the test ends.
func create(t *testing.T, s *Store, p *plan.Plan, m Meta) *Run {
	t.Helper()
	run, err := s.Create(p, m, Fsync)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { run.Close() })
	return run
}

// done is the result of an instance that succeeded.
func done(id string) *report.Job {
	return &report.Job{
		ID: id, Name: id, Status: report.Succeeded, Start: time.Now(),
		Attempts: []*report.Attempt{{Number: 1, Status: report.Succeeded, CauseBy: -1, Stages: []*report.Stage{{Name: "s", Argv: []string{"s"}, PID: 7, Status: report.StageSucceeded}}}},
	}
}

// perform tells run of an instance that runs and succeeds.
func perform(run *Run, id string, stdout []byte) error {
	res := done(id)
	for _, e := range []event.Event{
		event.JobStarted{ID: id}, event.AttemptStarted{ID: id, Attempt: 1},
		event.StageStarted{ID: id, Attempt: 1, Name: "s", Argv: []string{"s"}, Path: "/s", PID: 7, PGID: 7},
		event.Output{ID: id, Attempt: 1, Stream: event.Stdout, Data: []byte("hello\n")}, event.OutputEnded{ID: id, Attempt: 1, Stream: event.Stdout},
		event.StageExited{ID: id, Attempt: 1}, event.StageEnded{ID: id, Attempt: 1, Result: res.Attempts[0].Stages[0]},
		event.AttemptEnded{ID: id, Result: res.Attempts[0]},
	} {
		run.Event(e)
	}
	err := record(run, res, stdout)
	run.Event(event.JobEnded{ID: id, Result: res})
	return err
}

// record returns when res is durable.
func record(run *Run, res *report.Job, stdout []byte) error {
	durable, err := run.Record(res, stdout)
	if durable != nil {
		err = durable()
	}
	return err
}

// finish ends run with the results of the instances ids.
func finish(t *testing.T, run *Run, ids ...string) {
	t.Helper()
	rep := &report.Report{RunID: run.ID(), File: "/job.yaml", Status: report.Succeeded}
	for _, id := range ids {
		rep.Jobs = append(rep.Jobs, done(id))
	}
	run.Event(event.RunEnded{Status: report.Succeeded})
	if err := run.Finish(rep); err != nil {
		t.Fatal(err)
	}
}

// journalOf makes the folder of a run that ended without a result, and
// returns it with the bytes of its journal.
func journalOf(t testing.TB, ids ...string) (*Folder, []byte) {
	t.Helper()
	run, err := At(t.TempDir()).Create(planOf("/bin/true", ids...), Meta{}, None)
	if err != nil {
		t.Fatal(err)
	}
	run.Event(event.RunStarted{RunID: run.ID(), File: "/job.yaml", Instances: len(ids)})
	for _, id := range ids {
		if err := perform(run, id, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(run.Dir(), journalName))
	if err != nil {
		t.Fatal(err)
	}
	return FolderAt(run.Dir()), text
}

// put gives a file of a run's folder that content. It is not made anew, for
// ext4 puts one on the disk that was emptied before.
func put(t testing.TB, f *Folder, name string, content []byte) {
	t.Helper()
	file, err := os.OpenFile(filepath.Join(f.dir, name), os.O_WRONLY|os.O_CREATE, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteAt(content, 0); err != nil {
		t.Fatal(err)
	}
	if err := file.Truncate(int64(len(content))); err != nil {
		t.Fatal(err)
	}
}
