package runner

import (
	"context"
	"errors"
	"testing"
	"time"

	"sluice/runner/plan"
	"sluice/runner/report"
)

// The start of a detached job that cleans up ends when the run is killed, as
// the clean-up jobs that are its own do.
func TestDetachKilled(t *testing.T) {
	a := job("a", self(t, "hang"))
	d := job("d", self(t, "exit", "0"))
	d.Detach, d.After = true, []string{"a"}
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	kill, killNow := context.WithCancelCause(t.Context())
	defer killNow(nil)
	o := executeContext(t, ctx, planOf(a, d), Options{Kill: kill, Detach: func(ctx context.Context, _ *plan.Plan) (string, error) {
		killNow(errors.New("a second signal"))
		select {
		case <-ctx.Done():
		case <-time.After(30 * time.Second):
			t.Error("it waits for ever")
		}
		return "", ctx.Err()
	}}, whenReady(1, func() { cancel(errInterrupted) }))
	if r := o.Jobs[1]; r.Status != report.Cancelled || r.Reason != "a second signal" {
		t.Errorf("%s: %s", r.Status, r.Reason)
	}
}

// So does that of one that is still wanted: when the monitor is gone, nothing
// goes on.
func TestDetachKilledAlone(t *testing.T) {
	d := job("d", self(t, "exit", "0"))
	d.Detach = true
	kill, killNow := context.WithCancelCause(t.Context())
	defer killNow(nil)
	o := executeContext(t, t.Context(), planOf(d), Options{Kill: kill, Detach: func(ctx context.Context, _ *plan.Plan) (string, error) {
		killNow(errors.New("the monitor is gone"))
		select {
		case <-ctx.Done():
		case <-time.After(30 * time.Second):
			t.Error("it waits for ever")
		}
		return "", ctx.Err()
	}}, nil)
	if r := o.Jobs[0]; r.Status != report.Cancelled || r.Reason != "the monitor is gone" {
		t.Errorf("%s: %s", r.Status, r.Reason)
	}
}
