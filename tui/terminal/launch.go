package terminal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

const (
	// launchPatience is how long a program that was started is watched: one that refuses to
	// work ends within it.
	launchPatience = 2 * time.Second
	// complaintMost is how many bytes are read of what such a program says.
	complaintMost = 4 << 10
)

// launch starts a program for the operator. It has a session of its own, so that the
// terminal's signals do not reach it, and outlives the dashboard. The error says that it did
// not start, or why it failed within the patience.
func launch(patience time.Duration, name string, args ...string) error {
	// A file and no pipe: the program may write to it after the dashboard has ended.
	said, err := os.CreateTemp("", "livestream-tui-*")
	if err != nil {
		return err
	}
	defer func() { _ = said.Close() }() // only read
	_ = os.Remove(said.Name())          // it goes with its last user
	cmd := exec.CommandContext(context.Background(), name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Stderr = said
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }() // reaps it
	select {
	case err := <-ended:
		if err == nil {
			return nil
		}
		return errors.New(cmp.Or(complaint(said), "it ended at once: "+err.Error()))
	case <-time.After(patience):
		return nil // how it ends does not matter here
	}
}

// complaint returns the first line that a program has written.
func complaint(said io.ReaderAt) string {
	b := make([]byte, complaintMost)
	n, err := said.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return ""
	}
	for line := range strings.Lines(string(b[:n])) {
		if line = strings.TrimRight(strings.TrimSpace(line), "."); line != "" {
			return line
		}
	}
	return ""
}
