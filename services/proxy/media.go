package proxy

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"livestream-tui/services/hls/container"
	"livestream-tui/services/kit/fastpath"
	"livestream-tui/services/proxy/fetch"
	"livestream-tui/services/proxy/timeline"
)

// serveMedia answers with a segment, an init section, a key, whatever packagers hold.
func (s *Service) serveMedia(w http.ResponseWriter, r *http.Request, key, target string) {
	if span, ok := rangeOf(r); ok {
		if l, listed := s.play(timeline.RangeID(key, span)); listed {
			s.serveListed(w, r, l)
			return
		}
	}
	if l, listed := s.play(key); listed {
		s.serveListed(w, r, l)
		return
	}
	if id, ok := s.index.around(key); ok && r.Header.Get("Range") == "" {
		if l, listed := s.play(id); listed {
			s.serveListed(w, r, l)
			return
		}
	}
	target = s.index.theirs(key, target)
	if s.index.isRanged(key) || r.Header.Get("Range") != "" && !s.isHeld(key) {
		s.forward(w, r, key, target)
		return
	}
	s.serveUnlisted(w, r, key, target)
}

// isHeld reports whether all of what is at key is in memory.
func (s *Service) isHeld(key string) bool {
	o := s.cache.Get(key)
	if o == nil {
		return false
	}
	whole, _ := o.Done()
	return whole
}

// play notes that a player plays what lists an ID, where anything does.
func (s *Service) play(id string) (l listing, listed bool) {
	if l, listed = s.index.get(id); listed {
		l.p.watch(time.Now())
	}
	return l, listed
}

// serveListed answers with what a playlist lists.
func (s *Service) serveListed(w http.ResponseWriter, r *http.Request, l listing) {
	if l.entry.Segment.Gap && l.resource == l.entry.Media {
		s.refuse(w, "media", http.StatusNotFound, "the segment is missing at every packager")
		return
	}
	id := l.resource.ID()
	o := s.cache.Get(id)
	if o != nil {
		if _, err := o.Done(); err != nil {
			o = nil
		}
	}
	if o != nil && l.isKey() && time.Since(o.Started()) > keyKept {
		o = s.refresh(r, o, l)
	}
	if o == nil {
		o = s.fetchListed(l.p, l.entry, l.resource, l.p.target())
	}
	o.Touch(time.Now())
	s.serveObject(w, r, o, l.p, l.resource)
}

// isKey reports whether it is the file of a key.
func (l listing) isKey() bool { return slices.Contains(l.entry.Keys, l.resource) }

const (
	// keyKept is how long the file of a key is answered with before its packager is asked
	// again: another key may be there. keyPatience is how long that may take.
	keyKept     = time.Second
	keyPatience = 2 * time.Second
)

// refresh fetches the file of a key anew. What was there before stands in where that
// cannot be had: its packager may be gone, and its segments are not.
func (s *Service) refresh(r *http.Request, old *fetch.Object, l listing) *fetch.Object {
	if whole, _ := old.Done(); !whole {
		return old
	}
	content, _ := old.Now()
	s.cache.Drop(l.resource.ID())
	o := s.fetchListed(l.p, l.entry, l.resource, l.p.target())
	ctx, cancel := context.WithTimeout(r.Context(), keyPatience)
	defer cancel()
	if c, err := o.Await(ctx); err == nil && c.Whole {
		return o
	}
	o.Fill(content)
	return old
}

// serveUnlisted answers with what no playlist lists. What turns out to be a playlist is
// followed from then on.
func (s *Service) serveUnlisted(w http.ResponseWriter, r *http.Request, key, target string) {
	o := s.fetchUnlisted(key, target)
	if _, err := o.Done(); errors.Is(err, fetch.ErrAbandoned) {
		o = s.fetchUnlisted(key, target) // everybody else has gone at this moment
	}
	o.Touch(time.Now())
	defer o.Hold()()
	ctx, cancel := context.WithTimeout(r.Context(), holdFor(targetGuess))
	c, err := o.Await(ctx)
	cancel()
	switch {
	case errors.Is(err, fetch.ErrTooLarge), c.Whole && onePlayers(c.Header) != "":
		s.cache.Drop(key)
		s.forward(w, r, key, target)
	case c.Whole && container.Sniff(c.Body) == container.FormatPlaylist:
		s.cache.Drop(key)
		s.servePlaylist(w, r, key, target)
	default:
		s.serveObject(w, r, o, nil, timeline.Resource{Key: key, Target: target})
	}
}

// serveObject answers with an object: when it is whole, or, if that takes long, as it
// arrives.
func (s *Service) serveObject(w http.ResponseWriter, r *http.Request, o *fetch.Object, p *playlist, res timeline.Resource) {
	defer o.Hold()()
	if c, _ := o.Now(); c.Whole {
		s.sendWhole(w, r, o, c, p, res)
		return
	}
	release, ok := s.hold()
	if !ok {
		s.refuse(w, "media", http.StatusServiceUnavailable, "too many requests wait")
		return
	}
	defer release()
	target := targetGuess
	var players *waits
	if p != nil {
		target, players = p.target(), &p.waits
	}
	ctx, cancel := context.WithTimeout(r.Context(), holdFor(target))
	defer cancel()
	c, err := s.awaitBytes(ctx, r, o, o.Started().Add(target/4), players, res)
	if p == nil && err == nil {
		c, err = s.awaitKind(ctx, o, c)
	}
	switch {
	case c.Whole:
		s.sendWhole(w, r, o, c, p, res)
	case r.Context().Err() != nil:
		panic(http.ErrAbortHandler) // the player has gone; an empty answer would look whole
	case len(c.Body) > 0 && err == nil:
		s.sendAsItArrives(w, r, o, c, players)
	default:
		if status := (*fetch.StatusError)(nil); errors.As(err, &status) && isPersonal(status.Status) {
			s.forward(w, r, res.Key, res.Target)
			return
		}
		s.refuseFor(w, err)
	}
}

// isPersonal reports whether a status is a packager's word on whoever asks. We asked, and
// not as the player does: its own headers may say more.
func isPersonal(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusProxyAuthRequired
}

// refuseFor answers with why there is nothing.
func (s *Service) refuseFor(w http.ResponseWriter, err error) {
	var status *fetch.StatusError
	var redirect *fetch.Redirect
	switch {
	case errors.As(err, &redirect):
		w.Header().Set("Location", redirect.Location)
		s.refuse(w, "media", redirect.Status, "it is at another host")
	case errors.As(err, &status):
		s.refuseAs(w, "media", status.Status, status.Header, status.Body)
	case errors.Is(err, fetch.ErrNotFound):
		s.refuse(w, "media", http.StatusNotFound, err.Error())
	case errors.Is(err, fetch.ErrBusy):
		s.refuse(w, "media", http.StatusServiceUnavailable, err.Error())
	default:
		s.refuse(w, "media", http.StatusServiceUnavailable, fetch.ErrUnavailable.Error())
	}
}

func (s *Service) sendWhole(w http.ResponseWriter, r *http.Request, o *fetch.Object, c fetch.Content, p *playlist, res timeline.Resource) {
	if p == nil && s.isWithheld(o.Key(), body{kind: c.Type, begin: c.Body, size: c.Size}) {
		s.refuse(w, "media", http.StatusNotFound, fetch.ErrNotFound.Error())
		return
	}
	s.metrics.mediaSent.Inc()
	if res.Range == nil && p != nil {
		send(w, r, o.Ready())
		return
	}
	if res.Range == nil {
		// Nothing lists it: its packager says what holds of it.
		copyHeader(w.Header(), c.Header, "ETag", "Last-Modified")
		if isUnchanged(r, w.Header().Get("Last-Modified")) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		send(w, r, o.Ready())
		return
	}
	merge(w.Header(), c.PlayerHeader())
	last := res.Range.Offset + res.Range.Length - 1
	total := "*"
	if _, size, ok := strings.Cut(c.Header.Get("Content-Range"), "/"); ok {
		total = size
	}
	w.Header().Set("Content-Range", "bytes "+strconv.FormatInt(res.Range.Offset, 10)+"-"+strconv.FormatInt(last, 10)+"/"+total)
	w.Header().Set("Content-Length", strconv.Itoa(len(c.Body)))
	w.Header().Del("ETag") // it is of the part, and this answer is of the whole
	limitReader(w, len(c.Body))
	w.WriteHeader(http.StatusPartialContent)
	if r.Method != http.MethodHead {
		_, _ = w.Write(c.Body) // the player has gone: nobody to tell
	}
}

// send answers with what is ready, or with as much of it as the request asks for.
func send(w http.ResponseWriter, r *http.Request, ready *fastpath.Response) {
	merge(w.Header(), ready.Header())
	if unit, _, _ := strings.Cut(r.Header.Get("Range"), "="); unit != "" && unit != "bytes" {
		r.Header.Del("Range") // a unit that is not known is none (RFC 9110, 14.2)
	}
	limitReader(w, len(ready.Body()))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(ready.Body()))
}

// limitReader lets a player go that reads so many bytes too slowly.
func limitReader(w http.ResponseWriter, n int) {
	// An error means that this connection knows no deadline, and nothing else.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(fastpath.WriteLimit(n)))
}

// awaitBytes waits until the object is whole, or, from the given time on and for a
// request that can do with that, until its first bytes are there.
func (s *Service) awaitBytes(ctx context.Context, r *http.Request, o *fetch.Object, from time.Time, w *waits, res timeline.Resource) (fetch.Content, error) {
	if w != nil {
		defer w.begin()()
	}
	if r.Method != http.MethodGet || res.Range != nil || !plain(r) {
		return o.Await(ctx)
	}
	soon, cancel := context.WithDeadline(ctx, from)
	defer cancel()
	if c, err := o.Await(soon); c.Whole || c.Err != nil || ctx.Err() != nil {
		return c, err
	}
	defer o.Stream()()
	for {
		c, changed := o.Now()
		switch {
		case c.Err != nil:
			return c, c.Err
		case c.Whole || len(c.Body) > 0:
			return c, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return c, ctx.Err()
		}
	}
}

// awaitKind waits until enough is here of what nothing lists to know whether it is for
// players; ErrNotFound when it is not.
func (s *Service) awaitKind(ctx context.Context, o *fetch.Object, c fetch.Content) (fetch.Content, error) {
	if _, doubtful := s.isDoubtful(o.Key()); !doubtful {
		return c, nil
	}
	for {
		c, changed := o.Now()
		switch {
		case c.Err != nil:
			return c, c.Err
		case c.Whole: // as it is sent, it is looked at
			return c, nil
		case len(c.Body) >= sniffMost && s.isWithheld(o.Key(), body{kind: c.Type, begin: c.Body, size: c.Size}):
			return c, fetch.ErrNotFound
		case len(c.Body) >= sniffMost:
			return c, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return c, ctx.Err()
		}
	}
}

// sendAsItArrives is one unbroken response, whichever packagers its bytes come from.
// One that cannot be completed is broken off, never ended cleanly.
func (s *Service) sendAsItArrives(w http.ResponseWriter, r *http.Request, o *fetch.Object, c fetch.Content, wait *waits) {
	defer o.Stream()()
	merge(w.Header(), c.PlayerHeader())
	w.Header().Set("Content-Length", strconv.FormatInt(c.Size, 10))
	s.metrics.mediaSent.Inc()
	out := http.NewResponseController(w)
	for sent := 0; ; {
		var changed <-chan struct{}
		c, changed = o.Now()
		if len(c.Body) > sent {
			limitReader(w, 0)
			n, err := w.Write(c.Body[sent:])
			if sent += n; err != nil {
				return
			}
			_ = out.Flush() // the next write tells
		}
		switch {
		case int64(sent) == c.Size:
			return
		case c.Err != nil:
			panic(http.ErrAbortHandler)
		case len(c.Body) > sent:
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
			panic(http.ErrAbortHandler)
		}
	}
}
