package validate

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/go-playground/validator/v10"

	"sluice/spec"
	"sluice/spec/diag"
)

// bounds checks the `validate` tags of the spec's types: the ranges of
// numbers and durations.
func (c *check) bounds() {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(func(f reflect.StructField) string {
		key, _, _ := strings.Cut(f.Tag.Get("key"), ",")
		return key
	})
	// A value that was not given is a nil pointer, so that omitempty leaves
	// it out and a given zero still counts.
	v.RegisterCustomTypeFunc(given[int64], spec.Int{})
	v.RegisterCustomTypeFunc(given[float64], spec.Float{})
	v.RegisterCustomTypeFunc(given[time.Duration], spec.Duration{})
	v.RegisterCustomTypeFunc(func(l reflect.Value) any { return l.Interface().(spec.List[spec.Int]).Items }, spec.List[spec.Int]{})
	var wrong validator.ValidationErrors
	if !errors.As(v.Struct(c.file), &wrong) {
		return
	}
	for _, w := range wrong {
		value, pos := c.locate(w.StructNamespace())
		key, _, _ := strings.Cut(w.Field(), "[")
		c.add("SL018", pos, len(value), fmt.Sprintf("%s is %s; expected %s", key, value, expectation(w)), "")
	}
}

func given[T any](v reflect.Value) any {
	s := v.Interface().(spec.Scalar[T])
	if !s.IsSet() {
		return (*T)(nil)
	}
	return &s.Value
}

// expectation says what the tag of w asks for.
func expectation(w validator.FieldError) string {
	tags := map[string]string{"eq": "%s", "min": "at least %s", "max": "at most %s", "gt": "more than %s"}
	form, ok := tags[w.Tag()]
	if !ok {
		panic("no words for the constraint " + w.Tag())
	}
	return fmt.Sprintf(form, w.Param())
}

// locate finds the value that a namespace such as
// "File.Jobs.Entries[2].Value.Retry.Attempts" leads to, and its place.
func (c *check) locate(namespace string) (raw string, pos diag.Pos) {
	v := reflect.ValueOf(c.file).Elem()
	_, path, _ := strings.Cut(namespace, ".")
	for _, step := range strings.Split(path, ".") {
		name, index, indexed := strings.Cut(step, "[")
		v = reflect.Indirect(v.FieldByName(name))
		if indexed {
			if v.Kind() == reflect.Struct {
				v = v.FieldByName("Items")
			}
			i, _ := strconv.Atoi(strings.TrimSuffix(index, "]"))
			v = reflect.Indirect(v.Index(i))
		}
	}
	return v.FieldByName("Raw").String(), v.FieldByName("Pos").Interface().(diag.Pos)
}
