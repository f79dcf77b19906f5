package runner

import (
	"os"

	"sluice/runner/event"
	"sluice/runner/plan"
	"sluice/runner/plumb"
	"sluice/runner/report"
)

// tailBytes is how much of a stage's logged standard error its report keeps.
const tailBytes = 4 << 10

// input opens in.
func (a *attempt) input(in plan.Input) (*os.File, error) {
	var data []byte
	switch in.Kind {
	case plan.InInherit:
		return orNull(a.r.o.Stdin, a.r.null), nil
	case plan.InFile:
		f, err := plumb.OpenInput(in.Path)
		if err != nil {
			return nil, err
		}
		a.childEnds = append(a.childEnds, f)
		return f, nil
	case plan.InText:
		text, err := in.Text.Resolve(a.unknown)
		if err != nil {
			return nil, err
		}
		data = []byte(text)
	case plan.InJob:
		var err error
		if data, err = a.r.stdoutOf(in.Job); err != nil {
			return nil, err
		}
	default:
		return a.r.null, nil
	}
	f, err := plumb.TextInput(data)
	if err != nil {
		return nil, &ownError{err}
	}
	a.childEnds = append(a.childEnds, f)
	return f, nil
}

func orNull(f, null *os.File) *os.File {
	if f == nil {
		return null
	}
	return f
}

// output opens where a stream of stage i goes; joined is what stderr: stdout
// means.
func (a *attempt) output(o plan.Output, i int, stream event.Stream, joined *os.File) (*os.File, error) {
	inherited := orNull(a.r.o.Stdout, a.r.null)
	if stream == event.Stderr {
		inherited = orNull(a.r.o.Stderr, a.r.null)
	}
	switch o.Kind {
	case plan.OutInherit:
		return inherited, nil
	case plan.OutDiscard:
		return a.r.null, nil
	case plan.OutStdout, plan.OutJob:
		return joined, nil
	case plan.OutFile:
		return a.file(o)
	case plan.OutLog:
		if a.r.o.Direct && !a.listens() {
			return inherited, nil
		}
	}
	r, w, err := plumb.ReadPipe()
	if err != nil {
		return nil, &ownError{err}
	}
	a.childEnds = append(a.childEnds, w)
	if o.Kind == plan.OutCapture {
		a.trim = o.Trim
		a.readers = append(a.readers, func() { a.capture = plumb.ReadCapture(r, o.Max, a.endFull) })
		return w, nil
	}
	a.readers = append(a.readers, func() { a.readLog(r, i, stream) })
	return w, nil
}

// listens reports whether sluice itself has to know what is logged.
func (a *attempt) listens() bool {
	return a.job.IdleTimeout > 0 || a.ready != nil && a.ready.line != nil
}

// readLog begins to read what stage i logs on stream.
func (a *attempt) readLog(r *os.File, i int, stream event.Stream) {
	id, number := a.inst.ID, a.res.Number
	find := lineFinder{readiness: a.ready}
	log := plumb.ReadLog(r, func(data []byte) {
		if len(data) == 0 {
			find.see(nil)
			a.r.emit(event.OutputEnded{ID: id, Attempt: number, Stage: i, Stream: stream})
			return
		}
		a.silence.heard(func() {
			a.r.emit(event.Output{ID: id, Attempt: number, Stage: i, Stream: stream, Data: data})
		})
		find.see(data)
	}, tailBytes)
	a.logs = append(a.logs, loggedStream{log, i, stream})
	if stream == event.Stderr {
		a.stages[i].log = log
	}
}

// file opens an output file once for the whole attempt, however many streams
// go to it.
func (a *attempt) file(o plan.Output) (*os.File, error) {
	if f, ok := a.files[o.Path]; ok {
		return f.OS(), nil
	}
	f, err := plumb.OpenFile(o.Path, plumb.Mode(o.Mode))
	if err != nil {
		return nil, err
	}
	f.NoSync = a.r.o.NoSync
	a.files[o.Path] = outFile{f, o.Shared, !o.Shared && plumb.Mode(o.Mode) != plumb.Truncate}
	return f.OS(), nil
}

// tooMuch says that a capture is over its limit of max bytes.
func tooMuch(max int64) string {
	return "it printed more than the " + report.Size(max) + " that stdout: {capture: {max}} allows"
}
