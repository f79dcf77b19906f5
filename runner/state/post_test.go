package state

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// A run takes messages from others while it goes on, however deep its folder
// lies.
func TestPost(t *testing.T) {
	deep := filepath.Join(t.TempDir(), strings.Repeat("d", 200))
	run := create(t, At(deep), planOf("/bin/true", "a"), Meta{})
	f := FolderAt(run.Dir())
	if err := f.Send("a", []byte("1")); !errors.Is(err, ErrNoPost) {
		t.Errorf("before there is a socket: %v", err)
	}
	var mu sync.Mutex
	got := map[string]string{}
	err := run.TakeMessages(func(to string, message []byte) error {
		mu.Lock()
		defer mu.Unlock()
		got[to] = string(message)
		if to == "nobody" {
			return errors.New("the run has no job nobody")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(filepath.Join(run.Dir(), postName))
	if err != nil || info.Mode() != fs.ModeSocket|0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	large := append(bytes.Repeat([]byte(" "), 1<<20), '1')
	var senders sync.WaitGroup
	for to, message := range map[string]string{"a": `{"x": 1}`, "b[c=\n/\"]/d": "line\nline", "large": string(large), "empty": ""} {
		senders.Go(func() {
			if err := f.Send(to, []byte(message)); err != nil {
				t.Errorf("%s: %v", to, err)
			}
			mu.Lock()
			defer mu.Unlock()
			if got[to] != message {
				t.Errorf("%q was given %.40q", to, got[to])
			}
		})
	}
	senders.Wait()
	if err := f.Send("nobody", []byte("1")); !isRefused(err, "the run has no job nobody") {
		t.Error(err)
	}
	// Who connects and says nothing does not keep the run from ending.
	idle, err := dialIn(run.folder, postName)
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	finish(t, run)
	if _, err := os.Lstat(filepath.Join(run.Dir(), postName)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket is left: %v", err)
	}
	if err := f.Send("a", []byte("1")); !errors.Is(err, ErrNoPost) {
		t.Errorf("after the end: %v", err)
	}
}

func isRefused(err error, why string) bool {
	refused, ok := errors.AsType[*Refused](err)
	return ok && refused.Why == why
}

// A message that is beyond all bounds is refused, and its sender told so.
func TestPostTooLong(t *testing.T) {
	run := create(t, At(t.TempDir()), planOf("/bin/true", "a"), Meta{})
	err := run.TakeMessages(func(string, []byte) error {
		t.Error("it is delivered")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := FolderAt(run.Dir()).Send("a", make([]byte, mostPost+1<<20)); !isRefused(err, "the message has more than 67108864 bytes") {
		t.Error(err)
	}
}
