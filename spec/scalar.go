package spec

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"sluice/spec/diag"
)

// String is a scalar as it was written, whatever YAML would make of it: 010,
// yes and 1.10 keep their text. The zero String was not given.
type String struct {
	Value string
	Pos   diag.Pos
	// Tag is what YAML 1.1 or 1.2 would resolve a plain scalar to, such as
	// "!!bool"; "!!str" for quoted ones.
	Tag   string
	style yaml.Style
	src   *source
}

// IsSet reports whether the file gives s.
func (s String) IsSet() bool { return !s.Pos.IsZero() }

// Scalar is a value of type T with its place. The zero Scalar was not given.
type Scalar[T any] struct {
	Value T
	Pos   diag.Pos
	Raw   string // as written
}

// IsSet reports whether the file gives s.
func (s Scalar[T]) IsSet() bool { return !s.Pos.IsZero() }

// Or is the value of s, or def where the file does not give it.
func (s Scalar[T]) Or(def T) T {
	if s.IsSet() {
		return s.Value
	}
	return def
}

// The scalars of the language.
type (
	Int      = Scalar[int64]
	Float    = Scalar[float64]
	Bool     = Scalar[bool]
	Duration = Scalar[time.Duration]
	Size     = Scalar[Bytes]
)

// Bytes is a number of bytes.
type Bytes int64

// List is a sequence with its place.
type List[T any] struct {
	Items []T
	Pos   diag.Pos
}

// IsSet reports whether the file gives l.
func (l List[T]) IsSet() bool { return !l.Pos.IsZero() }

// Entry is one key of a Map.
type Entry[T any] struct {
	Key   String
	Value T
}

// Map is a mapping from names that the author chose, in the order of the file.
type Map[T any] struct {
	Entries []Entry[T]
	Pos     diag.Pos
}

// IsSet reports whether the file gives m.
func (m Map[T]) IsSet() bool { return !m.Pos.IsZero() }

// Get returns the value of key. It is linear in the size of m.
func (m Map[T]) Get(key string) (v T, ok bool) {
	for _, e := range m.Entries {
		if e.Key.Value == key {
			return e.Value, true
		}
	}
	return v, false
}

// decodable is a value that decodes itself from a node. The node was checked
// by checkTree before: it has no tag, anchor or alias, and it is not null.
type decodable interface {
	decode(d *decoder, n *yaml.Node, what string)
}

func (s *String) decode(d *decoder, n *yaml.Node, what string) {
	if n.Kind != yaml.ScalarNode {
		d.wrongKind(n, what, "a string")
		return
	}
	*s = d.str(n)
}

func (s *Scalar[T]) decode(d *decoder, n *yaml.Node, what string) {
	want := scalarName(any(s.Value))
	if n.Kind != yaml.ScalarNode {
		d.wrongKind(n, what, want)
		return
	}
	s.Pos, s.Raw = d.pos(n), n.Value
	var hint string
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
		var ok bool
		if ok, hint = parseScalar(n.Value, any(&s.Value)); ok {
			return
		}
	} else if ok, _ := parseScalar(n.Value, any(&s.Value)); ok {
		switch any(s.Value).(type) {
		case time.Duration, Bytes:
			return // text by nature: quotes change nothing
		}
		hint = "write it without quotes: " + n.Value
	}
	rule := "SL016"
	switch any(s.Value).(type) {
	case int64, float64:
		rule = "SL013"
	}
	if _, isTime := any(s.Value).(time.Duration); isTime {
		hint = cmp.Or(timeHint(what, n.Value), hint)
	}
	p := d.add(rule, s.Pos, scalarLen(n), fmt.Sprintf("%s is %s; expected %s", what, show(n.Value), want), hint)
	p.Fix = plainFix(d.str(n), hint)
}

// plainFix writes the number or the boolean that hint gives in place of s.
// There is none for a size or a time: its unit is the author's to say.
func plainFix(s String, hint string) *diag.Fix {
	value, ok := strings.CutPrefix(hint, "write ")
	if value == "" || !ok {
		return nil
	}
	value = strings.TrimPrefix(value, "it without quotes: ")
	if _, err := strconv.ParseInt(value, 10, 64); err != nil && value != "true" && value != "false" {
		return nil
	}
	from, to, oneLine := s.Span()
	if !oneLine {
		return nil
	}
	return &diag.Fix{Msg: "write " + value, Edits: []diag.Edit{{From: from, To: to, Text: value}}}
}

func scalarName(v any) string {
	switch v.(type) {
	case int64:
		return "a whole number"
	case float64:
		return "a number"
	case bool:
		return "true or false"
	case time.Duration:
		return "a duration such as 500ms, 30s or 1m30s"
	case Bytes:
		return "a size such as 64KiB or 10MB"
	}
	panic(fmt.Sprintf("no scalar %T", v))
}

var floatSyntax = lazyRegexp(floatPattern)

const floatPattern = `^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`

// parseScalar reads text into the pointer dst. Where it can't, hint says what
// to write instead, if that is clear.
func parseScalar(text string, dst any) (ok bool, hint string) {
	var err error
	switch dst := dst.(type) {
	case *int64:
		return parseInt(text, dst)
	case *float64:
		if !floatSyntax().MatchString(text) {
			return false, floatHint(text)
		}
		*dst, err = strconv.ParseFloat(text, 64)
	case *bool:
		switch text {
		case "true", "false":
			*dst = text == "true"
			return true, ""
		case "yes", "Yes", "YES", "on", "On", "ON", "True", "TRUE", "y", "Y":
			return false, "write true"
		case "no", "No", "NO", "off", "Off", "OFF", "False", "FALSE", "n", "N":
			return false, "write false"
		}
		return false, ""
	case *time.Duration:
		if *dst, err = ParseDuration(text); err != nil {
			return false, durationHint(text)
		}
	case *Bytes:
		if *dst, err = ParseSize(text); err != nil {
			return false, sizeHint(text)
		}
	default:
		panic(fmt.Sprintf("no scalar %T", dst))
	}
	return err == nil, ""
}

// isInt reports whether text is a whole number in the one form that every YAML
// reader takes alike: decimal, and without a leading 0.
func isInt(text string) bool {
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || digits[0] == '0' && digits != "0" {
		return false
	}
	return strings.Trim(digits, "0123456789") == ""
}

func parseInt(text string, dst *int64) (ok bool, hint string) {
	if !isInt(text) {
		digits := strings.TrimLeft(text, "-")
		plain := strings.ReplaceAll(text, "_", "")
		if len(digits) > 1 && digits[0] == '0' && strings.Trim(digits, "0123456789") == "" {
			hint = "YAML readers disagree on a leading 0 (octal or decimal): write it without"
		} else if f, err := strconv.ParseFloat(plain, 64); err == nil && f == math.Trunc(f) && math.Abs(f) < 1e15 {
			hint = "write " + strconv.FormatInt(int64(f), 10)
		} else if v, err := strconv.ParseInt(text, 0, 64); err == nil { // 0x10, 0o17, 1_000
			hint = "write " + strconv.FormatInt(v, 10)
		}
		return false, hint
	}
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return false, "it is beyond what 64 bits hold"
	}
	*dst = v
	return true, ""
}

var durationSyntax = lazyRegexp(durationPattern)

const durationPattern = `^([0-9]+(\.[0-9]+)?` + durationUnit + `)+$`
const durationUnit = `(ns|us|µs|ms|s|m|h)`

// ParseDuration reads a Go duration that is not negative. 0 has a unit too.
func ParseDuration(text string) (time.Duration, error) {
	if !durationSyntax().MatchString(text) {
		return 0, fmt.Errorf("%q is not a duration such as 500ms, 30s or 1m30s", text)
	}
	return time.ParseDuration(text)
}

var sizeSyntax = lazyRegexp(sizePattern)

const sizePattern = `^(0|[1-9][0-9]*)` + sizeUnit
const sizeUnit = `(B|KB|MB|GB|TB|KiB|MiB|GiB|TiB)$`

// ParseSize reads a size: a whole number and its unit, B, KB, MB, GB, TB
// (powers of 1000) or KiB, MiB, GiB, TiB (powers of 1024).
func ParseSize(text string) (Bytes, error) {
	m := sizeSyntax().FindStringSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("%q is not a size such as 64KiB or 10MB", text)
	}
	unit := int64(1)
	if prefix := strings.IndexByte("BKMGT", m[2][0]); prefix > 0 {
		base := int64(1000)
		if strings.HasSuffix(m[2], "iB") {
			base = 1024
		}
		for range prefix {
			unit *= base
		}
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil || n > math.MaxInt64/unit {
		return 0, fmt.Errorf("%q is more than 64 bits hold", text)
	}
	return Bytes(n * unit), nil
}

func (l *List[T]) decode(d *decoder, n *yaml.Node, what string) {
	if n.Kind != yaml.SequenceNode {
		hint := ""
		if n.Kind == yaml.ScalarNode {
			hint = "write [" + listText(what, n.Value) + "]"
		}
		d.wrongKindHint(n, what, "a list", hint)
		return
	}
	l.Pos = d.pos(n)
	l.Items = make([]T, 0, len(n.Content))
	for _, item := range n.Content {
		if isNull(item) || d.list.Full() {
			continue // reported by checkTree
		}
		var v T
		d.decode(item, &v, "an item of "+what)
		l.Items = append(l.Items, v)
	}
}

// listText is what the author of one value for the list called what meant.
func listText(what, value string) string {
	switch what {
	case "pipe":
		stages := strings.Split(value, "|")
		for i, s := range stages {
			stages[i] = flowText(strings.TrimSpace(s))
		}
		return strings.Join(stages, ", ")
	case "args":
		return strings.Join(strings.Fields(value), ", ")
	}
	return value
}

func (m *Map[T]) decode(d *decoder, n *yaml.Node, what string) {
	if n.Kind != yaml.MappingNode {
		hint := ""
		if n.Kind == yaml.SequenceNode {
			hint = "write name: value, without a - or [ ] around it"
		}
		d.wrongKindHint(n, what, "a mapping of names", hint)
		return
	}
	m.Pos = d.pos(n)
	m.Entries = make([]Entry[T], 0, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content) && !d.list.Full(); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" {
			continue // reported by checkTree
		}
		e := Entry[T]{Key: d.str(key)}
		if !isNull(value) { // as that is; the name is there all the same
			d.decode(value, &e.Value, entryOf(what, key.Value))
		}
		m.Entries = append(m.Entries, e)
	}
}

// entryOf is how messages call the entry name of the mapping called what.
func entryOf(what, name string) string { return strings.TrimSuffix(what, "s") + " " + show(name) }

// scalarLen is how many code points to underline for the scalar n.
func scalarLen(n *yaml.Node) int {
	length := utf8.RuneCountInString(n.Value)
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		length += 2
	}
	return max(1, length)
}

// show is text as a message quotes it: on one line and not endless.
func show(text string) string {
	const most = 60
	if utf8.RuneCountInString(text) > most {
		text = string([]rune(text)[:most]) + "…"
	}
	return strconv.Quote(text)
}

// Quoted reports whether s was written in quotes or as a block.
func (s String) Quoted() bool { return s.style != 0 }
