package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// lock takes the folder for this process alone, since two servers would ruin the Store, and
// waits for an engine that is still ending. It returns nil when ctx is cancelled before.
// Closing the file gives the folder back.
func (s *Service) lock(ctx context.Context) (*os.File, error) {
	path := filepath.Join(s.config.folder(), "lock")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	told := false
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) {
			return nil, errors.Join(fmt.Errorf("cannot lock %s: %w", path, err), f.Close())
		}
		if reason := "another engine still has " + path; !told {
			told = true
			s.set(Status{Reason: reason})
			s.log.Warn("the engine waits for its folder", "reason", reason)
		}
		select {
		case <-ctx.Done():
			return nil, f.Close()
		case <-time.After(portPeriod):
		}
	}
}
