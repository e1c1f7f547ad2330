package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"livestream-tui/procs/platform"
)

// reopenPoll is how long to wait before a broken stream is opened again.
const reopenPoll = 100 * time.Millisecond

// stream is a subscription over the socket.
type stream struct {
	snapshot platform.Snapshot
	lines    *json.Decoder
	body     io.Closer
}

// open opens a stream, which lasts until ctx is cancelled.
func (r *Remote) open(ctx context.Context) (*stream, error) {
	ctx, cancel := context.WithCancel(ctx)
	timeout := time.AfterFunc(r.timeout, cancel)
	resp, err := r.get(ctx, "/events", "") //nolint:bodyclose // closing does
	if err != nil {
		if !timeout.Stop() {
			err = r.noAnswer()
		}
		cancel()
		return nil, err
	}
	s := &stream{lines: json.NewDecoder(resp.Body), body: closing{resp, cancel}}
	s.lines.UseNumber()
	var first streamLine
	err = s.lines.Decode(&first)
	switch {
	case !timeout.Stop():
		err = r.noAnswer()
	case err != nil:
		err = r.unreadable(err)
	case first.Snapshot == nil:
		err = r.unreadable(errors.New("no snapshot in the first line of events"))
	default:
		s.snapshot = *first.Snapshot
		if isEarlier(s.snapshot) {
			s.snapshot = completed(s.snapshot)
		}
		return s, nil
	}
	s.body.Close()
	return nil, err
}

// closing cancels a request when its answer is closed.
type closing struct {
	*http.Response
	cancel context.CancelFunc
}

// Close implements io.Closer.
func (c closing) Close() error {
	c.cancel()
	return c.Body.Close()
}

// next returns the next event. ended reports that the platform has ended and there will be no
// more. The error means that the stream broke.
func (s *stream) next() (e platform.Event, ended bool, err error) {
	for {
		var t streamLine
		switch err := s.lines.Decode(&t); {
		case err != nil:
			return e, false, err
		case t.Event != nil:
			return *t.Event, false, nil
		case t.Ended:
			return e, true, nil
		} // a later version's line is skipped
	}
}

// Subscribe implements platform.Platform. The channel is also closed when the platform
// cannot be reached any more; Ended tells the two apart. The platform queues events for a
// slow reader, and disconnects one that reads nothing for long.
func (r *Remote) Subscribe(ctx context.Context) (platform.Snapshot, <-chan platform.Event, error) {
	out := make(chan platform.Event)
	s, err := r.open(ctx)
	if err != nil {
		close(out)
		return r.Latest(), out, err
	}
	go func() {
		defer close(out)
		defer s.body.Close()
		for {
			e, ended, err := s.next()
			if ended || err != nil {
				return
			}
			select {
			case out <- e:
			case <-ctx.Done():
				return
			}
		}
	}()
	return s.snapshot, out, nil
}

// Ended waits for the end of the platform. It returns nil when the platform has shut down,
// and an error when it was lost or ctx is cancelled. It reopens a broken connection to a
// platform that goes on.
func (r *Remote) Ended(ctx context.Context) error {
	started := r.Latest().Started
	for {
		s, err := r.reopen(ctx)
		if err != nil {
			return err
		}
		if !s.snapshot.Started.Equal(started) {
			s.body.Close()
			return fmt.Errorf("%s has ended, and another one was started (pid %d): attach again", r.whose, s.snapshot.PID)
		}
		ended := false
		for err = nil; !ended && err == nil; {
			_, ended, err = s.next()
		}
		s.body.Close()
		switch {
		case ended:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		}
	}
}

// reopen opens a stream, and tries again for as long as an answer may take.
func (r *Remote) reopen(ctx context.Context) (*stream, error) {
	deadline := time.Now().Add(r.timeout)
	for {
		s, err := r.open(ctx)
		switch {
		case err == nil:
			return s, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case time.Now().After(deadline) && errors.Is(err, ErrNoPlatform):
			return nil, fmt.Errorf("%s has disappeared: it was killed, or its RUN_PATH was removed", r.whose)
		case time.Now().After(deadline):
			return nil, err
		}
		select {
		case <-time.After(reopenPoll):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
