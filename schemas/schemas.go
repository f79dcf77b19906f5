// Package schemas holds the JSON Schemas of sluice's formats, for editors and
// for programs that read what sluice writes.
package schemas

import _ "embed" // for the files below

// The schemas, which no one may change.
var (
	// Job is the schema of job files, draft-07. It is made by spec.Schema; a
	// test holds the two equal.
	//go:embed job.schema.json
	Job []byte

	// Plan is the schema of plans in JSON, draft 2020-12.
	//go:embed plan.schema.json
	Plan []byte

	// Event is the schema of one line of an event stream, draft 2020-12.
	//go:embed event.schema.json
	Event []byte

	// Problems is the schema of what validate writes as JSON, draft-07.
	//go:embed problems.schema.json
	Problems []byte
)
