package main

import (
	"fmt"
	"testing"
)

// What the kernel refuses.

// twoJobs makes a file, and then something else.
const twoJobs = `jobs:
  first: {run: emit new, stdout: {file: out.txt}}
  second: {needs: [first], run: emit done, stdout: {file: done.txt}}
`

func TestF10ForkFails(t *testing.T) {
	for _, errno := range []string{"EAGAIN", "ENOMEM"} {
		t.Run(errno, func(t *testing.T) {
			f := newFault(t, twoJobs)
			f.write("out.txt", "old\n")
			o := f.run("deny", errno, "fork", "sluice", "run", "job.yaml")
			fmt.Println(o)
		})
	}
}

func TestF14FewDescriptors(t *testing.T) {
	for n := 3; n <= 24; n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			f := newFault(t, `jobs:
  first: {pipe: [emit new, copy, copy], stdout: {file: out.txt}}
  second: {pipe: [emit done, copy]}
  third: {run: emit x}
`)
			f.write("out.txt", "old\n")
			o := f.run("limit", fmt.Sprintf("nofile=%d", n), "sluice", "run", "-j3", "-k", "job.yaml")
			fmt.Println(n, o)
		})
	}
}
