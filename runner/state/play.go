package state

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"path/filepath"

	"sluice/runner/event"
)

// PlayOptions say what of a run is played. The zero PlayOptions play nothing
// of what it has logged so far.
type PlayOptions struct {
	Of     func(id string) bool // whose output is played; nil is that of all instances
	Want   func(Line) bool      // which lines of it; nil is all
	All    bool                 // everything that is there already; else
	Tail   int                  // only the last so many lines of it
	Events bool                 // the events of the journal too
	Follow bool                 // go on until the run has ended
}

// Play tells a run anew, as its runner told it: what it logged, as
// event.Output of whole lines or of pieces of very long ones, and with
// o.Events the events of its journal in between. An event comes after all that
// its instance had logged before. It ends when everything was told, with the
// first error of fn, with that of ctx, or with one that says where the journal
// is damaged, and then all that is not damaged was told.
func (f *Folder) Play(ctx context.Context, o PlayOptions, fn func(Entry) error) error {
	p := &player{o: o, fn: fn, logs: &logsReader{folder: f, of: o.Of, known: map[string]bool{}}}
	if o.Events {
		journal, err := f.open(journalName)
		if err != nil {
			return err
		}
		defer journal.Close()
		p.journal = &lines{r: journal}
	}
	var err error
	if o.Follow {
		err = f.until(ctx, func(bool) error { return p.play() })
	} else {
		err = p.play()
	}
	if err == nil && p.damaged {
		return &fs.PathError{Op: "read", Path: filepath.Join(f.dir, journalName), Err: fmt.Errorf("%w after %d bytes", errDamaged, p.journal.given)}
	}
	return err
}

// player plays a run.
type player struct {
	o       PlayOptions
	fn      func(Entry) error
	logs    *logsReader
	journal *lines // nil where events are not wanted
	damaged bool
	started bool    // what was there at first is told
	held    []Entry // events that were read and are not told yet
	tail    []Entry // the last lines of what was there at first, with their pieces
	lines   int     // in tail
}

// play tells what is new. The journal is read first: what an instance logged
// before an event that is there, is then there too.
func (p *player) play() (err error) {
	if p.journal != nil && !p.damaged {
		p.damaged, err = p.journal.events(func(e Entry) error {
			p.held = append(p.held, e)
			return nil
		})
		if err != nil {
			return err
		}
	}
	err = p.logs.read(p.line)
	if err == nil {
		err = p.tell(len(p.tail))
	}
	if err == nil {
		err = p.tellHeld(nil)
	}
	p.started = true
	return err
}

// line takes a line of a log.
func (p *player) line(l Line) error {
	if p.o.Want != nil && !p.o.Want(l) {
		return nil
	}
	text := bytes.Clone(l.Text)
	if !l.Partial {
		text = append(text, '\n')
	}
	p.tail = append(p.tail, Entry{event.Output{ID: l.ID, Stage: l.Stage, Stream: l.Stream, Data: text}, l.At})
	if p.started || p.o.All {
		return p.tell(len(p.tail))
	}
	if !l.Partial {
		p.lines++
	}
	for p.lines > p.o.Tail {
		dropped := p.tail[0].Event.(event.Output)
		p.tail = p.tail[1:]
		if bytes.HasSuffix(dropped.Data, []byte{'\n'}) {
			p.lines--
		}
	}
	return nil
}

// tell tells the first n of the lines that were kept, and the events before
// each.
func (p *player) tell(n int) error {
	for _, e := range p.tail[:n] {
		if err := p.tellHeld(&e); err != nil {
			return err
		}
		if err := p.fn(e); err != nil {
			return err
		}
	}
	p.tail, p.lines = p.tail[n:], 0
	return nil
}

// tellHeld tells the events before e, or all that are held.
func (p *player) tellHeld(e *Entry) error {
	for len(p.held) > 0 && (e == nil || !p.held[0].At.After(e.At)) {
		held := p.held[0]
		p.held = p.held[1:]
		if err := p.fn(held); err != nil {
			return err
		}
	}
	return nil
}
