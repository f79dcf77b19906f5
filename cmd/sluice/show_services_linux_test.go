package main

import (
	"syscall"
	"testing"
)

// TestOnlyServicesRun holds that a run which goes on for a service that no job
// needs says so, and that what it says is true.
func TestOnlyServicesRun(t *testing.T) {
	f := newFault(t, `jobs:
  lonely: {run: hang, service: true}
  needed: {run: hang, service: true}
  work: {needs: [needed], run: emit done}
  clean: {after: [lonely], run: emit cleaned}
`)
	p := f.command("sluice", "run", "job.yaml")
	f.start(p)
	f.hears(p, "only services run now: lonely; Ctrl-C ends them")
	f.signal(p, syscall.SIGINT)
	o := f.end(p)
	f.wants(o, 130)
	if o.stdout != "done\ncleaned\n" {
		t.Errorf("got %q", o.stdout)
	}
}
