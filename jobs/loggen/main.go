// Loggen writes an access log in the combined format, with the time of each
// answer in microseconds at the end of its line. The same seed makes the same
// log everywhere: it uses whole numbers only, and of math/rand/v2 only the
// PCG generator, which is fixed.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"time"
)

func main() {
	seed := flag.Uint64("seed", 1, "the same seed makes the same log")
	lines := flag.Int("lines", 1000, "how many requests the log has")
	flag.Parse()
	if flag.NArg() > 0 || *lines < 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := write(os.Stdout, *seed, *lines); err != nil {
		fmt.Fprintln(os.Stderr, "loggen:", err)
		os.Exit(1)
	}
}

// page is something that clients ask for.
type page struct {
	path   string
	weight int // how often, among the weights of all
	micros int // the least time of an answer
	bytes  int
}

func pages() []page {
	return []page{
		{"/", 30, 900, 5120},
		{"/style.css", 24, 200, 2048},
		{"/logo.svg", 20, 150, 1310},
		{"/search", 9, 38000, 9800},
		{"/api/items", 8, 12000, 4300},
		{"/api/orders", 4, 55000, 1200},
		{"/report.pdf", 2, 240000, 180000},
		{"/old", 2, 300, 0},
		{"/admin", 1, 700, 320},
	}
}

// generator draws whole numbers.
type generator struct{ *rand.PCG }

// below is a number from 0 to n-1. The small preference for low ones does no
// harm here.
func (g generator) below(n int) int { return int(g.Uint64() % uint64(n)) }

// one draws an index, each as often as its weight says.
func (g generator) one(weights []int) int {
	total := 0
	for _, w := range weights {
		total += w
	}
	at := g.below(total)
	for i, w := range weights {
		if at -= w; at < 0 {
			return i
		}
	}
	panic("unreachable: at is below the total")
}

func write(w io.Writer, seed uint64, lines int) error {
	g := generator{rand.NewPCG(seed, 0)}
	out := bufio.NewWriter(w)
	all := pages()
	var weights []int
	for _, p := range all {
		weights = append(weights, p.weight)
	}
	agents := []string{"Mozilla/5.0 (X11; Linux x86_64)", "Mozilla/5.0 (Macintosh)", "curl/8.5.0", "a robot (+https://example.org/robot)"}
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for range lines {
		at = at.Add(time.Duration(g.below(3000)) * time.Millisecond)
		// Of two draws the lower: some clients come much more often.
		client := min(g.below(60), g.below(60))
		p := all[g.one(weights)]
		status := g.status(p)
		size := p.bytes
		if status != 200 {
			size = 0
		}
		micros := p.micros + g.below(p.micros)
		if g.below(50) == 0 {
			micros *= 10 // now and then something stalls
		}
		_, err := fmt.Fprintf(out, "10.0.%d.%d - - [%s] \"GET %s HTTP/1.1\" %d %d \"-\" %q %d\n",
			client/20, client%20+1, at.Format("02/Jan/2006:15:04:05 -0700"), p.path, status, size, agents[client%len(agents)], micros)
		if err != nil {
			return err
		}
	}
	return out.Flush()
}

// status is the status of an answer.
func (g generator) status(p page) int {
	fate := g.below(200)
	switch {
	case p.path == "/old":
		return 301
	case p.path == "/admin":
		return 403
	case fate == 0:
		return 500
	case fate < 6:
		return 404
	case fate < 20 && p.bytes < 3000:
		return 304
	}
	return 200
}
