//go:build !linux

package state

import (
	"context"
	"time"
)

// watch tells when to look again whether something has changed: ever more
// seldom while nothing does. It asks no kernel.
type watch struct{ pause time.Duration }

func newWatch(dirs ...string) (*watch, error) { return &watch{}, nil }

func (w *watch) add(dir string) {}

// wait returns when it is time to look again, or with the error of ctx.
func (w *watch) wait(ctx context.Context) error { return sleep(ctx, w.next(false)) }

func (w *watch) close() error { return nil }
