package proxy

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"net/http"
	"strconv"
	"time"

	"livestream-tui/services/direct"
)

const (
	// unlistedKept is how long a resource is kept that no playlist lists.
	unlistedKept = 10 * time.Second
	// unlistedPatience is how long one is looked for while no packager answers.
	unlistedPatience = time.Second
)

// serveMedia answers with a segment, an init, a key, whatever packagers hold.
func (s *Service) serveMedia(w http.ResponseWriter, r *http.Request, key string) {
	o, st, status := s.find(key)
	if status != 0 {
		s.refuse(w, "media", status, http.StatusText(status))
		return
	}
	c, _ := o.now()
	if c.whole {
		s.sendWhole(w, r, o)
		return
	}
	s.sendComing(w, r, o, st)
}

// find returns the object of a key, whose fetch begins if nobody has it yet, and
// the stream that lists it, nil for none.
func (s *Service) find(key string) (*object, *stream, int) {
	l, listed := s.play(key)
	if o := s.cache.get(key); o != nil {
		if _, err := o.done(); err == nil {
			o.touch(time.Now())
			return o, l.st, 0
		}
	}
	switch {
	case !listed:
		return s.fetchUnlisted(key), nil, 0
	case key == l.entry.Key && l.entry.Segment.Gap:
		return nil, l.st, http.StatusNotFound
	}
	l.st.mu.Lock()
	defer l.st.mu.Unlock()
	return l.st.fetch(l.entry, key), l.st, 0
}

// play notes that a player plays what lists a key, where anything does.
func (s *Service) play(key string) (l listing, listed bool) {
	if l, listed = s.index.get(key); listed {
		now := time.Now()
		l.st.asked.Store(now.UnixNano())
		l.st.watch(now)
	}
	return l, listed
}

// fetchUnlisted fetches what no playlist lists: once, whoever asks, and keeps it
// briefly.
func (s *Service) fetchUnlisted(key string) *object {
	o, fresh := s.cache.begin(key, time.Now())
	if !fresh {
		return o
	}
	f := &fetch{
		o: o, source: key, want: containerOf(key), patience: unlistedPatience,
		order: func() []*upstream { return s.packagers },
		judge: func(*upstream, finding) {},
	}
	started := s.start(func() {
		f.run(s.life)
		s.cache.expire(key, time.Now().Add(unlistedKept))
	})
	if !started {
		o.fail(errUnavailable)
	}
	return o
}

func (s *Service) sendWhole(w http.ResponseWriter, r *http.Request, o *object) {
	s.metrics.mediaSent.Inc()
	send(w, r, o.ready.Load())
}

// send answers with what is ready, or with as much of it as the request asks for.
func send(w http.ResponseWriter, r *http.Request, ready *direct.Response) {
	maps.Copy(w.Header(), ready.Header())
	limitReader(w, len(ready.Body()))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(ready.Body()))
}

// limitReader lets a player go that reads so many bytes too slowly.
func limitReader(w http.ResponseWriter, n int) {
	// An error means that this connection knows no deadline, and nothing else.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(direct.WriteLimit(n)))
}

// plain reports whether the request wants the whole without a condition.
func plain(r *http.Request) bool {
	for _, name := range [...]string{"Range", "If-None-Match", "If-Match", "If-Modified-Since", "If-Unmodified-Since"} {
		if _, is := r.Header[name]; is {
			return false
		}
	}
	return true
}

// sendComing answers with an object that is on its way: when it is whole, or, if
// that takes long, as it arrives.
func (s *Service) sendComing(w http.ResponseWriter, r *http.Request, o *object, st *stream) {
	release, ok := s.hold()
	if !ok {
		s.refuse(w, "media", http.StatusServiceUnavailable, "too many requests wait")
		return
	}
	defer release()
	target := targetGuess
	var players *waits
	if st != nil {
		target, players = st.target(), &st.waits
	}
	ctx, cancel := context.WithTimeout(r.Context(), holdFor(target))
	defer cancel()
	c, err := s.awaitBytes(ctx, r, o, o.started.Add(target/4), players)
	switch {
	case c.whole:
		s.sendWhole(w, r, o)
	case len(c.body) > 0 && err == nil:
		s.sendAsItArrives(w, r, o, c, players)
	case errors.Is(err, errNotFound):
		s.refuse(w, "media", http.StatusNotFound, errNotFound.Error())
	case r.Context().Err() != nil:
		// The player has gone; the fetch goes on for the others (case 36).
	default:
		s.refuse(w, "media", http.StatusServiceUnavailable, errUnavailable.Error())
	}
}

// awaitBytes waits until the object is whole, or, from the given time on and for a
// request that can do with that, until its first bytes are there.
func (s *Service) awaitBytes(ctx context.Context, r *http.Request, o *object, from time.Time, w *waits) (content, error) {
	if w != nil {
		defer w.begin()()
	}
	if r.Method != http.MethodGet || !plain(r) {
		return o.await(ctx)
	}
	soon, cancel := context.WithDeadline(ctx, from)
	defer cancel()
	if c, err := o.await(soon); c.whole || c.err != nil || ctx.Err() != nil {
		return c, err
	}
	defer o.stream()()
	for {
		c, changed := o.now()
		switch {
		case c.err != nil:
			return c, c.err
		case c.whole || len(c.body) > 0:
			return c, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return c, ctx.Err()
		}
	}
}

// sendAsItArrives is one unbroken response, whichever packagers its bytes come
// from. One that cannot be completed is broken off, never ended cleanly (rule 9).
func (s *Service) sendAsItArrives(w http.ResponseWriter, r *http.Request, o *object, c content, wait *waits) {
	defer o.stream()()
	maps.Copy(w.Header(), mediaHeader(c))
	w.Header().Set("Content-Length", strconv.FormatInt(c.size, 10))
	s.metrics.mediaSent.Inc()
	out := http.NewResponseController(w)
	for sent := 0; ; {
		var changed <-chan struct{}
		c, changed = o.now()
		if len(c.body) > sent {
			limitReader(w, 0)
			n, err := w.Write(c.body[sent:])
			if sent += n; err != nil {
				return
			}
			_ = out.Flush() // the next write tells
		}
		switch {
		case int64(sent) == c.size:
			return
		case c.err != nil:
			panic(http.ErrAbortHandler)
		case len(c.body) > sent:
			continue
		}
		end := func() {}
		if wait != nil {
			end = wait.begin()
		}
		select {
		case <-changed:
			end()
		case <-r.Context().Done():
			end()
			return
		}
	}
}
