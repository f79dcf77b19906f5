// Package state keeps what is known of runs: a folder for each, which its
// runner writes and everybody else only reads.
//
// A run's folder <state>/runs/<id>/ holds:
//
//	run.json      who runs it and what was asked for (Meta)
//	plan.json     the plan
//	spread.json   what jobs printed whose lines made the instances of others
//	inputs.json   the files that the plan reads, as they were when it began
//	events.jsonl  the journal: every event but children's output
//	logs/         what the instances logged, a file for each, rotated by size
//	captures/     what the instances captured, a file for each
//	messages.sock takes messages for the processes, while a run goes on that has channels
//	result.json   the report; written last, and whole or not at all
//
// The runner holds a lock, flock(2), on the journal for as long as it lives,
// and its monitor shares it. A folder without a result is that of a run that
// goes on, if the lock is held, or else of one that is lost: its runner ended
// without a word, and nobody may take that for a success.
//
// Writers write whole lines and whole files only, so that a reader at any
// moment, a crash at any byte and a cut off file leave something that can be
// read: the journal up to its first damage, and all that stands before.
// Readers never write: a folder on a read-only disk can be read.
//
// An instance is done when its line is in the journal, and the journal on the
// disk (Run.Record). The names of a new folder and its files are synced with
// the first of those lines. Of a run of one instance that line is all that is
// synced. Its name is with it on the journalling file systems of Linux, and not
// promised by others; the other files, and the report, follow when the system
// writes them. A power cut before that leaves a run that is lost, or none.
package state
