package state

import (
	"fmt"
	"testing"
)

// What a run of 10,000 jobs left is read, and compared with what there is: the
// goal is half a second.
func BenchmarkResume(b *testing.B) {
	const jobs = 10_000
	var ids []string
	for i := range jobs {
		ids = append(ids, fmt.Sprint("job-", i))
	}
	f, text := journalOf(b, ids...)
	p, err := f.Plan()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(len(text))/1e6, "MB")
	for b.Loop() {
		prior, again, err := f.Reusable(p)
		if err != nil || len(prior) != jobs || len(again) > 0 {
			b.Fatalf("%d of %d are done, %d run again; %v", len(prior), jobs, len(again), err)
		}
	}
}

// What an event costs that is written, and one that waits.
func BenchmarkPerform(b *testing.B) {
	run, err := At(b.TempDir()).Create(planOf("/bin/true", "a", "b"), Meta{}, None)
	if err != nil {
		b.Fatal(err)
	}
	defer run.Close()
	for b.Loop() {
		if err := perform(run, "a", nil); err != nil {
			b.Fatal(err)
		}
	}
}
