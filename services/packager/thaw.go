package packager

import (
	"context"
	"sync"
	"time"
)

const (
	// frozenAfter is the age of the last look at the source that shows that the process was
	// stopped meanwhile: the source is looked at every second.
	frozenAfter = 2500 * time.Millisecond
	// thawWait is how long a playlist then waits for the next look. It is short, so that
	// the last good playlist stays up when the disk does not answer.
	thawWait = 150 * time.Millisecond
)

// thaw holds playlists back for a moment when the process goes on after it was stopped
// (SIGSTOP, a laptop's lid). Otherwise waiting requests would get the old playlist before
// the source is read. Safe for concurrent use.
type thaw struct {
	wait time.Duration // thawWait, but for tests

	mu   sync.Mutex
	last time.Time     // when the source was last looked at; zero before the first time
	next chan struct{} // closed at the next look; nil unless a request waits
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

// frozen returns a channel that is closed at the next look, if the last look is too old,
// else nil.
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

// afterThaw returns when the source was looked at lately, and nearly at once in any case.
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
