package runner

import (
	"os"
	"os/signal"
	"sync"
	"syscall"

	"sluice/runner/proc"
)

// stopWatch tells attempts that a process of theirs may have been stopped. It
// is a goroutine that hears SIGCHLD, and costs nothing where no terminal
// controls this process: then none stops anything.
type stopWatch struct {
	mu       sync.Mutex
	attempts map[*attempt]bool // nil: nobody watches
}

// begin starts the watch. stop ends it.
func (w *stopWatch) begin() (stop func()) {
	terminal, err := proc.Terminal()
	if err != nil {
		return func() {}
	}
	terminal.Close() // only whether there is one counts
	w.attempts = map[*attempt]bool{}
	ch := make(chan os.Signal, 1) // one that waits to be heard stands for all
	signal.Notify(ch, syscall.SIGCHLD)
	var watch sync.WaitGroup
	watch.Go(func() {
		for range ch {
			w.look()
		}
	})
	return func() {
		signal.Stop(ch)
		close(ch)
		watch.Wait()
	}
}

// add has a watched, all stages of which have started. remove ends that, and
// returns when nothing looks at a any more.
func (w *stopWatch) add(a *attempt) (remove func()) {
	if w.attempts == nil {
		return func() {}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.attempts[a] = true
	a.noticeStops() // what came before nobody has heard
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.attempts, a)
	}
}

func (w *stopWatch) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for a := range w.attempts {
		a.noticeStops()
	}
}
