package plan

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Known makes a Text of which every byte is known.
func Known(s string) Text {
	if s == "" {
		return Text{}
	}
	return Text{parts: []Part{{Text: s}}}
}

// TextOf makes a Text of parts. Neighbouring known parts become one.
func TextOf(parts ...Part) Text {
	var t Text
	for _, p := range parts {
		n := len(t.parts)
		switch {
		case p.Unknown != nil:
			t.parts = append(t.parts, p)
		case p.Text == "":
		case n > 0 && t.parts[n-1].Unknown == nil:
			t.parts[n-1].Text += p.Text
		default:
			t.parts = append(t.parts, p)
		}
	}
	return t
}

// IsZero reports whether t is the empty string.
func (t Text) IsZero() bool { return len(t.parts) == 0 }

// Parts are the pieces of t, which the caller must not change.
func (t Text) Parts() []Part { return t.parts }

// Known returns the bytes of t; ok is false where the run must supply some.
func (t Text) Known() (s string, ok bool) {
	switch {
	case len(t.parts) == 0:
		return "", true
	case len(t.parts) == 1 && t.parts[0].Unknown == nil:
		return t.parts[0].Text, true
	}
	return "", false
}

// Resolve returns the bytes of t, asking value for each unknown.
func (t Text) Resolve(value func(Unknown) (string, error)) (string, error) {
	if s, ok := t.Known(); ok {
		return s, nil
	}
	var b strings.Builder
	for _, p := range t.parts {
		if p.Unknown == nil {
			b.WriteString(p.Text)
			continue
		}
		s, err := value(*p.Unknown)
		if err != nil {
			return "", err
		}
		b.WriteString(s)
	}
	return b.String(), nil
}

// String is t for a person: unknowns stand as ‹jobs.list.stdout›.
func (t Text) String() string {
	if s, ok := t.Known(); ok {
		return s
	}
	var b strings.Builder
	for _, p := range t.parts {
		if p.Unknown != nil {
			b.WriteString(p.Unknown.String())
		} else {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

func (u Unknown) String() string {
	switch u.Kind {
	case UnknownJobStdout:
		return "‹jobs." + u.Job + ".stdout›"
	case UnknownJobOutput:
		return "‹jobs." + u.Job + ".outputs." + u.Name + "›"
	case UnknownMatrix:
		return "‹matrix." + u.Name + "›"
	}
	return "‹" + u.Kind + "›"
}

type base64Text struct {
	Base64 []byte `json:"base64"`
}

// MarshalJSON writes t as its type's comment says.
func (t Text) MarshalJSON() ([]byte, error) {
	if s, ok := t.Known(); ok {
		return json.Marshal(jsonString(s))
	}
	parts := make([]any, len(t.parts))
	for i, p := range t.parts {
		if p.Unknown != nil {
			parts[i] = p.Unknown
		} else {
			parts[i] = jsonString(p.Text)
		}
	}
	return json.Marshal(map[string]any{"parts": parts})
}

func jsonString(s string) any {
	if utf8.ValidString(s) {
		return s
	}
	return base64Text{[]byte(s)}
}

// UnmarshalJSON reads what MarshalJSON writes.
func (t *Text) UnmarshalJSON(b []byte) error {
	part, err := unmarshalPart(b)
	if err == nil {
		*t = TextOf(part)
		return nil
	}
	var obj struct {
		Parts []json.RawMessage `json:"parts"`
	}
	if json.Unmarshal(b, &obj) != nil || obj.Parts == nil {
		return err
	}
	parts := make([]Part, len(obj.Parts))
	for i, raw := range obj.Parts {
		if parts[i], err = unmarshalPart(raw); err != nil {
			return err
		}
	}
	*t = TextOf(parts...)
	return nil
}

func unmarshalPart(b []byte) (Part, error) {
	var s string
	if json.Unmarshal(b, &s) == nil {
		return Part{Text: s}, nil
	}
	var obj struct {
		Unknown
		base64Text
	}
	if err := json.Unmarshal(b, &obj); err != nil {
		return Part{}, err
	}
	switch {
	case obj.Unknown.Kind != "":
		return Part{Unknown: &obj.Unknown}, nil
	case obj.Base64 != nil:
		return Part{Text: string(obj.Base64)}, nil
	}
	return Part{}, fmt.Errorf("plan text %s is neither a string, {base64} nor {parts}", b)
}
