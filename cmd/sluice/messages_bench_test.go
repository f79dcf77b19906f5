package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// talkerSource sends COUNT messages, each with a write of its own, as fast as
// they are taken.
const talkerSource = `package main

import (
	"fmt"
	"os"
	"strconv"
)

func main() {
	fd, _ := strconv.Atoi(os.Getenv("NODE_CHANNEL_FD"))
	channel := os.NewFile(uintptr(fd), "channel")
	count, _ := strconv.Atoi(os.Args[1])
	for i := range count {
		fmt.Fprintf(channel, "{\"id\":%d,\"text\":\"some words of a message\"}\n", i)
	}
}
`

// BenchmarkMessages is a whole run whose child sends 200,000 messages of about
// 45 bytes, all of which are in the run's journal when it ends.
func BenchmarkMessages(b *testing.B) {
	x := newBench(b)
	const count = 200_000
	talker := filepath.Join(x.dir, "talker")
	x.write("talker.go", talkerSource)
	if out, err := exec.Command("go", "build", "-o", talker, filepath.Join(x.dir, "talker.go")).CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	x.write("job.yaml", "version: 1\njobs: {talk: {run: "+talker+" "+strconv.Itoa(count)+", channel: true}}\n")
	for b.Loop() {
		cmd := exec.Command(x.sluice, "run", "job.yaml")
		cmd.Dir, cmd.Stderr = x.dir, os.Stderr
		if err := cmd.Run(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(count*float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}
