package state

import (
	"errors"
	"fmt"

	"sluice/runner/fields"
	"sluice/runner/plan"
)

// prepare writes the files that say what the run is, and makes room for it.
// They are synced unless the run is over with its first instance: then there
// is nothing to go on with. run.json is the last: a run that has it has told
// all, and can be repeated.
func (r *Run) prepare(inputs []Input) error {
	durable := r.sync && !r.single
	self, err := whoami()
	if err != nil {
		return err
	}
	if r.meta.Detached { // who signals or awaits the runner must not take this process for it
		r.meta.Launcher = self
	} else {
		r.meta.Runner = self
	}
	known := fields.Array(nil, inputs, func(buf []byte, in Input) []byte { return in.appendJSON(buf) })
	for _, err := range []error{
		r.folder.write(planName, planText(r.plan), durable),
		r.folder.write(inputsName, append(known, '\n'), durable),
		r.writeMeta(durable),
	} {
		if err != nil {
			return err
		}
	}
	r.store.prune()
	if !durable {
		return nil
	}
	return errors.Join(flush(r.folder.File), r.keepName())
}

// keepName puts the name of the run's folder on the disk. What it names
// follows by itself where it is synced.
func (r *Run) keepName() error {
	runs, err := openFolder(r.store.runs())
	if err != nil {
		return err
	}
	return errors.Join(flush(runs.File), runs.Close())
}

func planText(p *plan.Plan) []byte { return append(p.AppendJSON(nil), '\n') }

func whoami() (Process, error) {
	self, err := Self()
	if err != nil {
		err = fmt.Errorf("find out about this process: %w", err)
	}
	return self, err
}

func (r *Run) writeMeta(durable bool) error {
	return r.folder.replace(metaName, append(r.meta.appendJSON(nil), '\n'), durable)
}

// Written returns when everything is there that says what the run is: another
// process may Adopt it then.
func (r *Run) Written() error { return r.written() }
