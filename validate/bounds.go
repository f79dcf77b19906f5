package validate

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/go-playground/validator/v10"

	"sluice/spec"
)

// bounds checks the ranges of numbers, durations and sizes, which the spec's types
// carry as `validate` tags.
func (c *check) bounds() {
	if v := c.file.Version; v.IsSet() && v.Value != 1 {
		c.add("SL018", v.Pos, len(v.Raw), fmt.Sprintf("version is %s; this sluice knows version 1", v.Raw), "")
	}
	if len(c.file.Bounds) == 0 {
		return // a validator takes longer to make than a small file to check
	}
	v := validator.New()
	for _, b := range c.file.Bounds {
		var wrong validator.ValidationErrors
		if errors.As(v.Var(b.Value, b.Tag), &wrong) {
			c.add("SL018", b.Pos, len(b.Raw), fmt.Sprintf("%s is %s; expected %s", b.Key, b.Raw, expectation(wrong[0], b.Value)), "")
		}
	}
}

// expectation says what the failed tag of w asks of value.
func expectation(w validator.FieldError, value any) string {
	tags := map[string]string{"min": "at least %s", "max": "at most %s", "gt": "more than %s"}
	form, ok := tags[w.Tag()]
	if !ok {
		panic("no words for the constraint " + w.Tag())
	}
	limit := w.Param()
	if _, isSize := value.(spec.Bytes); isSize {
		limit = sizeText(limit)
	}
	return fmt.Sprintf(form, limit)
}

// sizeText is so many bytes as the language writes them.
func sizeText(bytes string) string {
	if n, err := strconv.ParseInt(bytes, 10, 64); err == nil && n > 0 && n%1024 == 0 {
		return strconv.FormatInt(n/1024, 10) + "KiB"
	}
	return bytes + "B"
}
