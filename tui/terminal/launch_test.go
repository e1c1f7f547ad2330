package terminal

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestAProgramThatFailsAtOnceIsAnError(t *testing.T) {
	const long = time.Minute // none of these is waited for that long
	for name, c := range map[string]struct {
		script   string
		patience time.Duration
		want     string // in the error; empty means that there is none
	}{
		"it refuses and says why":      {"echo >&2; echo 'VLC is not supposed to be run as root. Sorry.' >&2; exit 1", long, "VLC is not supposed to be run as root. Sorry"},
		"it refuses without a word":    {"exit 3", long, "it ended at once: exit status 3"},
		"it hands over to another one": {"exit 0", long, ""},
		"it goes on":                   {"exec sleep 5", 10 * time.Millisecond, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "program")
			syscall.ForkLock.RLock() // a process that starts meanwhile would hold it open: "text file busy"
			err := os.WriteFile(path, []byte("#!/bin/sh\n"+c.script+"\n"), 0o755)
			syscall.ForkLock.RUnlock()
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if err := launch(c.patience, path); err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	if err := launch(long, filepath.Join(t.TempDir(), "none")); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("no such program: got %v, want an error that says so", err)
	}
}
