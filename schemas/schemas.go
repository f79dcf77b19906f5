// Package schemas holds the JSON Schemas of what sluice reads and writes.
package schemas

import _ "embed"

// Job describes job files (draft-07, as yaml-language-server reads it), Plan
// what `sluice plan --json` prints, Event the lines of `sluice run --events`.
var (
	//go:embed job.schema.json
	Job []byte
	//go:embed plan.schema.json
	Plan []byte
	//go:embed event.schema.json
	Event []byte
)
