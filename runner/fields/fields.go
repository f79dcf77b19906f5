// Package fields writes JSON objects field by field, each as encoding/json
// would write it in a struct.
//
// What is kept of a run is written this way. encoding/json finds out about a
// type when it first meets it, which for those of a run's events and results
// takes longer than to write all that a run of one job has to say.
package fields

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
)

// Object is a JSON object that is being written behind what a buffer has.
// Methods whose name ends with Opt leave a zero value out.
type Object struct {
	buf   []byte
	first bool
}

// Open begins an object behind buf.
func Open(buf []byte) Object { return Object{append(buf, '{'), true} }

// Close ends the object and returns the buffer with it.
func (o *Object) Close() []byte { return append(o.buf, '}') }

// Name begins a field. Its value is what fn appends.
func (o *Object) Name(name string, fn func(buf []byte) []byte) {
	o.name(name)
	o.buf = fn(o.buf)
}

func (o *Object) name(name string) {
	if !o.first {
		o.buf = append(o.buf, ',')
	}
	o.first = false
	o.buf = append(AppendString(o.buf, name), ':')
}

// String writes a field that is a string. What is not UTF-8 in it reads as
// U+FFFD.
func (o *Object) String(name, v string) {
	o.name(name)
	o.buf = AppendString(o.buf, v)
}

// StringOpt is String, unless v is empty.
func (o *Object) StringOpt(name, v string) {
	if v != "" {
		o.String(name, v)
	}
}

// Strings writes a field that is an array of strings, or null for a nil one.
func (o *Object) Strings(name string, list []string) {
	o.name(name)
	o.buf = Array(o.buf, list, AppendString)
}

// StringsOpt is Strings, unless list is empty.
func (o *Object) StringsOpt(name string, list []string) {
	if len(list) > 0 {
		o.Strings(name, list)
	}
}

// Int writes a field that is a whole number.
func (o *Object) Int(name string, v int64) {
	o.name(name)
	o.buf = strconv.AppendInt(o.buf, v, 10)
}

// IntOpt is Int, unless v is 0.
func (o *Object) IntOpt(name string, v int64) {
	if v != 0 {
		o.Int(name, v)
	}
}

// Ints writes a field that is an array of whole numbers, or null for a nil one.
func (o *Object) Ints(name string, list []int) {
	o.name(name)
	o.buf = Array(o.buf, list, func(buf []byte, n int) []byte { return strconv.AppendInt(buf, int64(n), 10) })
}

// Float writes a field that is a number, which must be finite.
func (o *Object) Float(name string, v float64) {
	o.name(name)
	o.buf = strconv.AppendFloat(o.buf, v, 'g', -1, 64)
}

// Bool writes a field that is true or false.
func (o *Object) Bool(name string, v bool) {
	o.name(name)
	o.buf = strconv.AppendBool(o.buf, v)
}

// BoolOpt is Bool, unless v is false.
func (o *Object) BoolOpt(name string, v bool) {
	if v {
		o.Bool(name, v)
	}
}

// Time writes a field that is a time, by RFC 3339 with up to nine digits of a
// second. Its year must have four digits.
func (o *Object) Time(name string, t time.Time) {
	o.name(name)
	o.buf = append(t.AppendFormat(append(o.buf, '"'), time.RFC3339Nano), '"')
}

// TimeOpt is Time, unless t is zero.
func (o *Object) TimeOpt(name string, t time.Time) {
	if !t.IsZero() {
		o.Time(name, t)
	}
}

// Array appends list as an array, or null for a nil one. add appends an
// element.
func Array[E any](buf []byte, list []E, add func([]byte, E) []byte) []byte {
	if list == nil {
		return append(buf, "null"...)
	}
	buf = append(buf, '[')
	for i, e := range list {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = add(buf, e)
	}
	return append(buf, ']')
}

// AppendString appends s as JSON. What is not UTF-8 in it reads as U+FFFD.
func AppendString(buf []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return appendEscaped(buf, s)
		}
	}
	return append(append(append(buf, '"'), s...), '"')
}

// appendEscaped appends what is not plain ASCII. It leaves < > & as they are,
// for people search what is written for the arguments that they wrote.
func appendEscaped(buf []byte, s string) []byte {
	b := bytes.NewBuffer(buf)
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	enc.Encode(s) // a string and a buffer: nothing can fail
	return bytes.TrimSuffix(b.Bytes(), []byte{'\n'})
}
