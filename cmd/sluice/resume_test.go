package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"sluice/runner/state"
)

// Of a run that is killed again and again, at any of its jobs, and each time
// repeated with --failed, every job runs, and none whose success was recorded
// runs again.
func TestResume(t *testing.T) {
	const jobs = 100
	l := newLab(t, fmt.Sprintf("  each: {matrix: {n: {range: [1, %d]}}, run: 'tell ran ${matrix.n}', stdout: {capture: {}}}\n", jobs))
	told := l.fifo("ran")
	lines := bufio.NewReader(told.read)
	next := func() string {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(line)
	}
	random := rand.New(rand.NewPCG(1, 2))
	ran := map[string]int{}
	done := map[string]state.Done{}
	args := []string{"run", "-j", "4", "job.yaml"}
	for jobs-len(done) > 20 { // the last ones are not killed, which would go on for long
		if err := told.read.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
			t.Fatal(err)
		}
		cmd := l.command(args...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var these []string // that ran: each writes a line
		for range 1 + random.IntN(20) {
			these = append(these, next())
		}
		cmd.Process.Kill()
		cmd.Wait()
		f, err := l.store.Open("last")
		if err == nil {
			_, err = f.Wait(t.Context()) // nothing is left then that could write
		}
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(told.hold, "over")
		for line := next(); line != "over"; line = next() {
			these = append(these, line)
		}
		for _, n := range these {
			ran[n]++
			if _, was := done["each[n="+n+"]"]; was {
				t.Errorf("job %s runs again, and its success was recorded", n)
			}
		}
		now, err := f.Done()
		if errors.Is(err, fs.ErrNotExist) {
			continue // it was killed before it could say what it was; the one before it is repeated
		} else if err != nil {
			t.Fatal(err)
		}
		for id := range done {
			if string(now[id].Stdout) != string(done[id].Stdout) {
				t.Errorf("of %s nothing is known any more", id)
			}
		}
		done = now
		args = []string{"rerun", "last", "--failed"}
	}
	l.sluice(0, args...)
	fmt.Fprintln(told.hold, "over")
	for line := next(); line != "over"; line = next() {
		ran[line]++
		if _, was := done["each[n="+line+"]"]; was {
			t.Errorf("job %s runs again at the end", line)
		}
	}
	twice := 0
	for n := 1; n <= jobs; n++ {
		times := ran[fmt.Sprint(n)]
		if times == 0 {
			t.Errorf("job %d never ran", n)
		}
		twice += max(times-1, 0)
	}
	t.Logf("%d times a job ran again that was not yet recorded", twice)
	if _, said := l.sluice(0, "rerun", "last", "--failed"); !strings.Contains(said, "there is nothing to do: every job of run ") {
		t.Errorf("at the end it says %q", said)
	}
}

// tell FILE WORD… adds the words to the file as a line, and prints it.
func playTell() {
	line := strings.Join(os.Args[2:], " ") + "\n"
	f, err := os.OpenFile(os.Args[1], os.O_WRONLY|os.O_APPEND, 0)
	if err == nil {
		_, err = f.WriteString(line)
	}
	if err == nil {
		_, err = os.Stdout.WriteString(line)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
