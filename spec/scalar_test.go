package spec

import (
	"math"
	"testing"
	"time"
)

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0s": 0, "500ms": 500 * time.Millisecond, "1m30s": 90 * time.Second, "1.5h": 90 * time.Minute, "3us": 3 * time.Microsecond,
		"3µs": 3 * time.Microsecond, "7ns": 7, "007s": 7 * time.Second, "24h": 24 * time.Hour,
	} {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "0", "30", "-1s", "+1s", ".5s", "5.s", "1d", "1 s", "1s ", "s", "1S", "1m-30s", "1h30", "300000000h", "1e3s"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("%q was taken for %v", text, got)
		}
	}
}

func TestParseSize(t *testing.T) {
	for text, want := range map[string]Bytes{
		"0B": 0, "1B": 1, "64KiB": 64 << 10, "10MB": 10e6, "1GiB": 1 << 30, "2TB": 2e12, "1KB": 1000, "8388607TiB": 8388607 << 40,
	} {
		if got, err := ParseSize(text); err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "1", "-1B", "1.5MB", "64K", "64kib", "64 KiB", "B", "01B", "1BiB", "8388608TiB", "99999999999999999999B", "1PB"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("%q was taken for %v", text, got)
		}
	}
}

func TestScalarsOfAFile(t *testing.T) {
	j := goodJob(t, "run: x\nmax_parallel: -3\ntimeout: '1m30s'\nretry: {attempts: 9223372036854775807, factor: 1.50, jitter: -0.5, delay: 0s}")
	switch {
	case j.MaxParallel.Value != -3 || j.MaxParallel.Raw != "-3":
		t.Error(j.MaxParallel)
	case j.Timeout.Value != 90*time.Second:
		t.Error(j.Timeout)
	case j.Retry.Attempts.Value != math.MaxInt64:
		t.Error(j.Retry.Attempts)
	case j.Retry.Factor.Value != 1.5 || j.Retry.Factor.Raw != "1.50" || j.Retry.Jitter.Value != -0.5:
		t.Error(j.Retry.Factor, j.Retry.Jitter)
	case !j.Retry.Delay.IsSet() || j.Retry.Delay.Or(time.Hour) != 0:
		t.Error("0s is a delay")
	case j.Retry.MaxDelay.IsSet() || j.Retry.MaxDelay.Or(time.Hour) != time.Hour:
		t.Error("no max_delay was given")
	}
}

func TestMapKeepsItsOrder(t *testing.T) {
	f := good(t, "version: 1\nenv: {Z: '1', A: 2, M: ''}\njobs: {}\n")
	var names string
	for _, e := range f.Env.Entries {
		names += e.Key.Value
	}
	if names != "ZAM" {
		t.Error(names)
	}
	if v, ok := f.Env.Get("A"); !ok || v.Value != "2" || v.Tag != "!!int" || v.Quoted() {
		t.Errorf("%+v %v", v, ok)
	}
	if v, ok := f.Env.Get("Z"); !ok || v.Tag != "!!str" || !v.Quoted() {
		t.Errorf("%+v %v", v, ok)
	}
	if v, ok := f.Env.Get("M"); !ok || !v.IsSet() || v.Value != "" {
		t.Errorf("%+v %v", v, ok)
	}
	if _, ok := f.Env.Get("X"); ok {
		t.Error("X was not given")
	}
}
