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

const (
	// goneAfter is how long a platform whose stream has broken may take to answer
	// again, before it counts as gone.
	goneAfter  = 2 * time.Second
	reopenPoll = 100 * time.Millisecond
)

// stream is the events as they come over the socket.
type stream struct {
	snapshot platform.Snapshot
	lines    *json.Decoder
	body     io.Closer
}

// open begins a stream, which lasts until ctx is cancelled.
func (r *Remote) open(ctx context.Context) (*stream, error) {
	ctx, cancel := context.WithCancel(ctx)
	patience := time.AfterFunc(remotePatience, cancel)
	resp, err := r.get(ctx, "/events", "") //nolint:bodyclose // closing closes it
	if err != nil {
		if !patience.Stop() {
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
	case !patience.Stop():
		err = r.noAnswer()
	case err != nil:
		err = r.unreadable(err)
	case first.Snapshot == nil:
		err = r.unreadable(errors.New("no snapshot in the first line of events"))
	default:
		s.snapshot = *first.Snapshot
		return s, nil
	}
	s.body.Close()
	return nil, err
}

// closing ends a request together with its answer.
type closing struct {
	*http.Response
	cancel context.CancelFunc
}

// Close implements io.Closer.
func (c closing) Close() error {
	c.cancel()
	return c.Body.Close()
}

// next returns the next event. ended: there will be none, as the platform has
// ended. The error says that the stream broke.
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
		} // else a line of a later version
	}
}

// Subscribe implements Platform. The channel is closed as well when the platform
// cannot be reached any more: Ended tells which. The platform keeps events for a
// reader who is slow, and cuts off one who reads nothing for long.
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

// Ended returns nil when the platform has ended, and an error when it has gone
// without a word, or when ctx is cancelled. A broken connection to a platform that
// goes on is made anew.
func (r *Remote) Ended(ctx context.Context) error {
	started := r.Latest().Started
	for {
		s, err := r.reopen(ctx)
		if err != nil {
			return err
		}
		if !s.snapshot.Started.Equal(started) {
			s.body.Close()
			return fmt.Errorf("the platform at %s has gone, and another one was started (pid %d): attach again", r.path, s.snapshot.PID)
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

// reopen opens a stream, trying for a while.
func (r *Remote) reopen(ctx context.Context) (*stream, error) {
	deadline := time.Now().Add(goneAfter)
	for {
		s, err := r.open(ctx)
		switch {
		case err == nil:
			return s, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case time.Now().After(deadline) && errors.Is(err, ErrNoPlatform):
			return nil, fmt.Errorf("the platform at %s has gone without a word: it was killed, or lost its RUN_PATH", r.path)
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
