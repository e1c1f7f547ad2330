package packager

import (
	"context"
	"sync"
	"time"
)

const (
	// frozenAfter is how long ago the source was looked at when we must have been
	// stopped meanwhile: it is looked at every second.
	frozenAfter = 2500 * time.Millisecond
	// thawWait is how long a playlist then waits for the folder to be looked at. It
	// is short: where the disk does not answer, the last good playlist stays up.
	thawWait = 150 * time.Millisecond
)

// thaw holds playlists back for a moment after the process was stopped and goes on
// (SIGSTOP, a laptop's lid): what waited at its door would get the playlist of
// then, before the folder is read. Safe for concurrent use.
type thaw struct {
	wait time.Duration // thawWait, but for tests

	mu   sync.Mutex
	last time.Time     // when the folder was looked at; zero before the first time
	next chan struct{} // closed when it is looked at again; nil until someone waits
}

func (t *thaw) looked(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = now
	if t.next != nil {
		close(t.next)
		t.next = nil
	}
}

// frozen returns a channel to wait on where the folder was not looked at for too
// long, else nil.
func (t *thaw) frozen(now time.Time) <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last.IsZero() || now.Sub(t.last) < frozenAfter {
		return nil
	}
	if t.next == nil {
		t.next = make(chan struct{})
	}
	return t.next
}

// afterThaw returns when the folder has been looked at lately, or nearly at once.
func (s *Service) afterThaw(ctx context.Context) {
	next := s.thaw.frozen(s.now())
	if next == nil {
		return
	}
	s.held.Add(1)
	defer s.held.Add(-1)
	over := time.NewTimer(s.thaw.wait)
	defer over.Stop()
	select {
	case <-next:
	case <-over.C:
	case <-s.stopping:
	case <-ctx.Done():
	}
}
