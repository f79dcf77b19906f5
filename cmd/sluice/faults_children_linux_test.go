package main

import (
	"sync"
	"testing"
)

// What children do that nobody expects.

// A daemon that a job left behind holds its output. The job's end does not
// wait for that, and the daemon ends with the job.
func TestF28DaemonKeepsStdout(t *testing.T) {
	for _, stdout := range []string{"log", "{capture: {}}", "{file: out.txt}"} {
		t.Run(stdout, func(t *testing.T) {
			f := newFault(t, `jobs:
  daemon: {run: escape leaf deaf life, stdout: `+stdout+`}
  next: {needs: [daemon], run: emit x}
`)
			l := f.life("life")
			f.wants(f.run("sluice", "run", "job.yaml"), exitOK)
			l.gone()
		})
	}
}

// A job with children in and out of its group, deaf to TERM, and a timeout.
func TestF29StubbornTimeout(t *testing.T) {
	f := newFault(t, `jobs:
  tree: {run: tree life, timeout: 500ms, stop: {grace: 100ms}, stdout: {file: out.txt}}
`)
	f.write("out.txt", "old\n")
	l := f.life("life")
	p := f.command("sluice", "run", "job.yaml")
	f.start(p)
	f.wants(f.end(p), exitFailed, "timeout of 500ms")
	l.gone()
	f.oldOrNew("out.txt", "old\n")
	f.noLitter()
}

// Runs of one file at once, without exclusive: their outputs are whole.
func TestF33RunsAtOnce(t *testing.T) {
	const runs = 10
	f := newFault(t, `params: {who: {default: x}}
jobs: {write: {pipe: ["emit ${params.who} ${params.who} ${params.who}", copy], stdout: {file: out.txt}}}
`)
	var all sync.WaitGroup
	var contents []string
	for i := range runs {
		who := string(rune('a' + i))
		contents = append(contents, who+"\n"+who+"\n"+who+"\n")
		p := f.command("sluice", "run", "job.yaml", "-p", "who="+who)
		f.start(p)
		all.Go(func() {
			f.wants(f.end(p), exitOK)
		})
	}
	all.Wait()
	f.oldOrNew("out.txt", contents...)
	f.noLitter()
}

// Of many runs of an exclusive job one has it, and the others are refused or
// come after it.
func TestF33Exclusive(t *testing.T) {
	const runs = 10
	f := newFault(t, `jobs:
  fail: {exclusive: {name: one, on_conflict: fail}, run: await go 0}
  wait: {exclusive: {name: two}, run: alone taken}
`)
	goOn := f.fifo("go")
	ends := make(chan output, runs)
	var all sync.WaitGroup
	begin := func(job string) {
		for range runs {
			p := f.command("sluice", "run", "job.yaml", job)
			f.start(p)
			all.Go(func() { ends <- f.end(p) })
		}
	}
	begin("fail")
	for range runs - 1 {
		f.wants(<-ends, exitFailed, "exclusive")
	}
	goOn("x")
	f.wants(<-ends, exitOK)
	all.Wait()
	begin("wait")
	for range runs {
		f.wants(<-ends, exitOK)
	}
	all.Wait()
}
