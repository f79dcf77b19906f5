package diag

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// JSONVersion is the version of the JSON format of a Report. It changes where
// a reader of the one before would misread.
const JSONVersion = 1

// The JSON format, which schemas/problems.schema.json describes.
type (
	jsonReport struct {
		Version int         `json:"version"`
		Strict  bool        `json:"strict"`
		Files   []jsonFile  `json:"files"`
		Summary jsonSummary `json:"summary"`
	}
	jsonFile struct {
		File     string        `json:"file"`
		Status   string        `json:"status"`
		Error    string        `json:"error,omitempty"`
		Problems []jsonProblem `json:"problems"`
	}
	jsonProblem struct {
		Rule     string        `json:"rule,omitempty"`
		Severity string        `json:"severity"`
		Waivable bool          `json:"waivable"`
		Start    *Pos          `json:"start,omitempty"`
		End      *Pos          `json:"end,omitempty"`
		Message  string        `json:"message"`
		Hint     string        `json:"hint,omitempty"`
		Related  []jsonRelated `json:"related,omitempty"`
		Fix      *jsonFix      `json:"fix,omitempty"`
	}
	jsonRelated struct {
		Start   Pos    `json:"start"`
		Message string `json:"message"`
	}
	jsonFix struct {
		Message string     `json:"message"`
		Edits   []jsonEdit `json:"edits"`
	}
	jsonEdit struct {
		Start Pos    `json:"start"`
		End   Pos    `json:"end"`
		Text  string `json:"text"`
	}
	jsonSummary struct {
		Valid      int `json:"valid"`
		Invalid    int `json:"invalid"`
		Unreadable int `json:"unreadable"`
		Errors     int `json:"errors"`
		Warnings   int `json:"warnings"`
		Infos      int `json:"infos"`
	}
)

func (r *Report) writeJSON(w io.Writer) error {
	doc := jsonReport{Version: JSONVersion, Strict: r.Strict, Files: make([]jsonFile, 0, len(r.Files))}
	sum := &doc.Summary
	for i := range r.Files {
		f := &r.Files[i]
		file := jsonFile{File: f.Name, Problems: make([]jsonProblem, 0, len(f.Problems))}
		switch {
		case f.Err != nil:
			file.Status, file.Error = "unreadable", f.Err.Error()
			sum.Unreadable++
		case f.Problems.Invalid(r.Strict):
			file.Status = "invalid"
			sum.Invalid++
		default:
			file.Status = "valid"
			sum.Valid++
		}
		errors, warnings, infos := f.Problems.Counts()
		sum.Errors, sum.Warnings, sum.Infos = sum.Errors+errors, sum.Warnings+warnings, sum.Infos+infos
		at := spans{text: f.Source}
		for _, p := range f.Problems {
			file.Problems = append(file.Problems, newJSONProblem(p, &at))
		}
		doc.Files = append(doc.Files, file)
	}
	return encodeJSON(w, doc)
}

func newJSONProblem(p Problem, at *spans) jsonProblem {
	j := jsonProblem{Rule: p.Rule, Severity: p.Severity.String(), Waivable: p.Severity != Fatal, Message: p.Msg, Hint: p.Hint}
	if !p.Pos.IsZero() {
		end := at.end(p.Pos, p.Len)
		j.Start, j.End = &p.Pos, &end
	}
	for _, r := range p.Related {
		j.Related = append(j.Related, jsonRelated{r.Pos, r.Msg})
	}
	if p.Fix != nil {
		j.Fix = &jsonFix{Message: p.Fix.Msg, Edits: []jsonEdit{}}
		for _, e := range p.Fix.Edits {
			j.Fix.Edits = append(j.Fix.Edits, jsonEdit{e.From, e.To, e.Text})
		}
	}
	return j
}

// encodeJSON writes v as JSON that a terminal can't take for anything else:
// what Visible would replace is escaped. Bytes that are not UTF-8 become U+FFFD.
func encodeJSON(w io.Writer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(escapeHidden(b.Bytes()))
	return err
}

// escapeHidden escapes hidden characters of a JSON text, which can only stand
// in its strings: outside of them it has newlines, and those below U+0020 were
// escaped when it was made.
func escapeHidden(text []byte) []byte {
	escaped := make([]byte, 0, len(text))
	done := 0
	for i := 0; i < len(text); {
		if text[i] < 0x7f {
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		if hidden(r) {
			escaped = append(escaped, text[done:i]...)
			for _, unit := range utf16.AppendRune(nil, r) {
				escaped = fmt.Appendf(escaped, `\u%04x`, unit)
			}
			done = i + size
		}
		i += size
	}
	return append(escaped, text[done:]...)
}
