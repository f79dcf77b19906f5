package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"sluice/runner/event"
	"sluice/runner/report"
)

// Done is an instance that has succeeded.
type Done struct {
	RunID  string // where it ran: this run, or an earlier one
	Result *report.Job
	Stdout []byte // what it captured; nil where that is nothing
}

// Done are the instances whose success is recorded, by id: those of this run,
// and those that it took over from earlier ones, as far as their folders are
// still there. A run that was not synced has none after a boot.
func (f *Folder) Done() (map[string]Done, error) {
	done, err := f.own()
	if err != nil {
		return nil, err
	}
	m, err := f.Meta()
	if err != nil {
		return nil, err
	}
	earlier := map[string]map[string]Done{}
	for id, run := range m.Prior {
		there, known := earlier[run]
		if !known {
			there, err = f.store().folder(run).own()
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
			earlier[run] = there
		}
		if d, ok := there[id]; ok {
			done[id] = d
		}
	}
	return done, nil
}

// own are the instances that succeeded in this run.
func (f *Folder) own() (map[string]Done, error) {
	done := map[string]Done{}
	m, err := f.Meta()
	if err != nil {
		return nil, err
	}
	if boot, err := bootID(); err != nil || m.Durability == None && m.Runner.Boot != boot {
		return done, err
	}
	jobs, err := f.results()
	if err != nil {
		return nil, err
	}
	captured, err := f.captured()
	if err != nil {
		return nil, err
	}
	for _, j := range jobs {
		if _, taken := m.Prior[j.ID]; taken || j.Status != report.Succeeded {
			continue
		}
		d := Done{RunID: f.ID, Result: j}
		if name := fileName(j.ID); captured[name] {
			if d.Stdout, err = os.ReadFile(filepath.Join(f.dir, captureName, name)); err != nil {
				return nil, err
			}
		}
		done[j.ID] = d
	}
	return done, nil
}

// results are the results of the instances, from the report, or from the
// journal where there is none.
func (f *Folder) results() ([]*report.Job, error) {
	rep, err := f.Result()
	if err == nil {
		return rep.Jobs, nil
	} else if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errUnreadable) {
		return nil, err
	}
	journal, err := f.open(journalName)
	if err != nil {
		return nil, err
	}
	defer journal.Close()
	var jobs []*report.Job
	for l := (&lines{r: journal}); ; {
		line, err := l.next()
		if err == io.EOF || err == errDamaged {
			return jobs, nil
		} else if err != nil {
			return nil, err
		}
		// Of all the events these are few: the others are not decoded.
		if !bytes.HasPrefix(line, []byte(`{"v":1,"type":"job_ended",`)) {
			continue
		}
		var ended event.JobEnded
		if json.Unmarshal(line, &ended) == nil && ended.Result != nil {
			jobs = append(jobs, ended.Result)
		}
	}
}

// captured are the names of what was captured.
func (f *Folder) captured() (map[string]bool, error) {
	entries, err := os.ReadDir(filepath.Join(f.dir, captureName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	names := map[string]bool{}
	for _, e := range entries {
		names[e.Name()] = true
	}
	return names, err
}
