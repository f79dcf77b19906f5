package report

import (
	"encoding/json"
	"io"
)

// WriteJSON writes r as indented JSON, with the version of the form.
func (r *Report) WriteJSON(w io.Writer) error {
	versioned := *r
	versioned.Version = Version
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false) // arguments read as they were written
	return enc.Encode(&versioned)
}
