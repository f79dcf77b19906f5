package spec

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What was meant by values that can't be read.

// floatHint is what was meant by text, which is no number: .5, 2., 1e2 or 20%.
func floatHint(text string) string {
	number, percent := strings.CutSuffix(text, "%")
	f, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if percent {
		f /= 100
	}
	if plain := strconv.FormatFloat(f, 'f', -1, 64); err == nil && floatSyntax().MatchString(plain) && len(plain) < 20 {
		return "write " + plain
	}
	return ""
}

// durationHint is what was meant by text, which is no duration.
func durationHint(text string) string {
	joined := strings.ReplaceAll(text, " ", "")
	switch _, err := ParseDuration(joined); {
	case isInt(text):
		return fmt.Sprintf("a duration needs its unit: %ss or %sms", text, text)
	case err == nil:
		return "write it without blanks: " + joined
	case durationSyntax().MatchString(text):
		return fmt.Sprintf("the longest duration is %dh", math.MaxInt64/int64(time.Hour))
	}
	return longUnit(joined)
}

// longUnit is what was meant by text, a number of days or another unit that
// durations have a shorter word for or none.
func longUnit(text string) string {
	number := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyz")
	hours := map[string]float64{"d": 24, "day": 24, "days": 24, "w": 7 * 24, "week": 7 * 24, "weeks": 7 * 24}
	short := map[string]string{
		"sec": "s", "secs": "s", "second": "s", "seconds": "s", "min": "m", "mins": "m", "minute": "m", "minutes": "m",
		"hr": "h", "hrs": "h", "hour": "h", "hours": "h", "msec": "ms", "millis": "ms", "milliseconds": "ms",
	}
	unit := text[len(number):]
	if n, err := strconv.ParseFloat(number, 64); err == nil && hours[unit] > 0 {
		number, unit = strconv.FormatFloat(n*hours[unit], 'f', -1, 64), "h"
	} else {
		unit = short[unit]
	}
	if _, err := ParseDuration(number + unit); err != nil {
		return ""
	}
	return "write " + number + unit
}

// timeHint is what was meant by text, which is no duration, as the value of
// the key what: no bound, or less than none.
func timeHint(what, text string) string {
	bound := what == "timeout" || what == "idle_timeout" || what == "budget"
	if d, negative := strings.CutPrefix(text, "-"); negative && (text != "-1" || !bound) {
		if _, err := ParseDuration(d); err != nil && !isInt(d) {
			return ""
		}
		if what == "grace" {
			return "a time is never less than none; with 0s KILL follows at once"
		}
		return "a time is never less than none"
	}
	switch strings.ToLower(text) {
	case "0", "-1", "none", "never", "no", "off", "false", "disabled", "forever", "infinite", "infinity", "inf", "unlimited", "~":
		if bound {
			return "leave " + what + " out: then nothing bounds the time"
		}
	}
	return ""
}

// sizeHint is what was meant by text, which is no size.
func sizeHint(text string) string {
	if size, negative := strings.CutPrefix(text, "-"); negative {
		if _, err := ParseSize(size); err != nil && !isInt(size) {
			return ""
		}
		return "a size is never less than 0B"
	}
	if isInt(text) {
		return fmt.Sprintf("a size needs its unit: %sB or %sKiB", text, text)
	}
	number := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
	unit := strings.TrimSpace(text[len(number):])
	for _, u := range []string{unit, strings.ToUpper(unit), strings.ToUpper(unit) + "iB", strings.ToUpper(unit[:min(1, len(unit))]) + "iB"} {
		if _, err := ParseSize(number + u); err == nil {
			return "write " + number + u
		}
	}
	return ""
}

// readyKey is the key of ready that text is probably the value of.
func readyKey(text string) string {
	switch _, _, isPort := HostPort(text); {
	case isPort:
		return "port"
	case strings.Contains(text, "/"):
		return "file"
	}
	return "line"
}

// restartWord is the language's word for what Compose, systemd and others call
// text, or "".
func restartWord(text string) string {
	switch strings.ToLower(text) {
	case "always", "unless-stopped":
		return "always"
	case "true", "yes", "on", "failure", "on-failure", "on_failure", "exit_on_failure":
		return "failure"
	}
	return ""
}

// OtherWord is the one of words, a list of the language, that Compose, systemd
// and others call text, or "".
func OtherWord(text string, words []string) string {
	if word := restartWord(text); slices.Contains(words, word) {
		return word
	}
	return ""
}
