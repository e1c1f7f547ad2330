package player

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"livestream-tui/services/kit/fastpath"
	"livestream-tui/services/proxy/follow"
	"livestream-tui/services/proxy/object"
	"livestream-tui/services/proxy/timeline"
	"livestream-tui/services/proxy/upstream"
)

// serveObject answers with an object when it is whole, or, if that takes long, as it
// arrives.
func (s *Server) serveObject(w http.ResponseWriter, r *http.Request, o *object.Object, p *follow.Playlist, res timeline.Resource) {
	defer o.Use()()
	if c, _ := o.Now(); c.Whole {
		s.sendWhole(w, r, o, c, p, res)
		return
	}
	release, ok := s.mayWait()
	if !ok {
		s.refuse(w, "media", http.StatusServiceUnavailable, "too many requests are waiting")
		return
	}
	defer release()
	target := follow.DefaultTarget
	if p != nil {
		target = p.Target()
	}
	ctx, cancel := context.WithTimeout(r.Context(), follow.HoldFor(target))
	defer cancel()
	c, err := s.awaitBytes(ctx, r, o, o.Started().Add(target/4), p, res)
	if p == nil && err == nil {
		c, err = s.awaitKind(ctx, o, c)
	}
	switch {
	case c.Whole:
		s.sendWhole(w, r, o, c, p, res)
	case r.Context().Err() != nil:
		panic(http.ErrAbortHandler) // the player has gone; an empty answer would look whole
	case len(c.Body) > 0 && err == nil:
		s.sendAsItArrives(w, r, o, c, p)
	default:
		if status := (*upstream.StatusError)(nil); errors.As(err, &status) && isPersonal(status.Status) {
			s.forward(w, r, res.Key, res.Target)
			return
		}
		s.refuseFor(w, err)
	}
}

// isPersonal reports whether a status is a packager's verdict on the sender. The proxy
// sends other headers than the player, so the player's own request may succeed.
func isPersonal(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusProxyAuthRequired
}

// refuseFor answers with an error.
func (s *Server) refuseFor(w http.ResponseWriter, err error) {
	var status *upstream.StatusError
	var redirect *upstream.Redirect
	switch {
	case errors.As(err, &redirect):
		w.Header().Set("Location", redirect.Location)
		s.refuse(w, "media", redirect.Status, "it is at another host")
	case errors.As(err, &status):
		s.refuseAs(w, "media", status.Status, status.Header, status.Body)
	case errors.Is(err, upstream.ErrNotFound):
		s.refuse(w, "media", http.StatusNotFound, err.Error())
	case errors.Is(err, upstream.ErrBusy):
		s.refuse(w, "media", http.StatusServiceUnavailable, err.Error())
	default:
		s.refuse(w, "media", http.StatusServiceUnavailable, upstream.ErrUnavailable.Error())
	}
}

func (s *Server) sendWhole(w http.ResponseWriter, r *http.Request, o *object.Object, c object.Content, p *follow.Playlist, res timeline.Resource) {
	if p == nil && s.isWithheld(o.Key(), body{kind: c.Type, begin: c.Body, size: c.Size}) {
		s.refuse(w, "media", http.StatusNotFound, upstream.ErrNotFound.Error())
		return
	}
	s.metrics.MediaSent.Inc()
	if res.Range == nil && p != nil {
		send(w, r, o.Ready())
		return
	}
	if res.Range == nil {
		// It is unlisted, so its packager's validators hold.
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
	w.Header().Del("ETag") // it validates the part, and this answer is of the whole
	limitReader(w, len(c.Body))
	w.WriteHeader(http.StatusPartialContent)
	if r.Method != http.MethodHead {
		_, _ = w.Write(c.Body) // an error means that the player has gone
	}
}

// send answers with a ready response, or with the part of it that the request asks for.
func send(w http.ResponseWriter, r *http.Request, ready *fastpath.Response) {
	merge(w.Header(), ready.Header())
	if unit, _, _ := strings.Cut(r.Header.Get("Range"), "="); unit != "" && unit != "bytes" {
		r.Header.Del("Range") // an unknown unit is ignored (RFC 9110, 14.2)
	}
	limitReader(w, len(ready.Body()))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(ready.Body()))
}

// limitReader breaks the connection of a player that reads n bytes too slowly.
func limitReader(w http.ResponseWriter, n int) {
	// An error only means that this connection has no deadline.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(fastpath.WriteLimit(n)))
}

// awaitBytes waits until the object is whole. From the given time on, the first bytes are
// enough for a request that can be answered with them.
func (s *Server) awaitBytes(ctx context.Context, r *http.Request, o *object.Object, from time.Time, p *follow.Playlist, res timeline.Resource) (object.Content, error) {
	if p != nil {
		defer p.Wait()()
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

// awaitKind waits until enough of an unlisted object is here to know whether it is for
// players; ErrNotFound when it is not.
func (s *Server) awaitKind(ctx context.Context, o *object.Object, c object.Content) (object.Content, error) {
	if _, doubtful := s.isDoubtful(o.Key()); !doubtful {
		return c, nil
	}
	for {
		c, changed := o.Now()
		switch {
		case c.Err != nil:
			return c, c.Err
		case c.Whole: // it is checked when it is sent
			return c, nil
		case len(c.Body) >= sniffMost && s.isWithheld(o.Key(), body{kind: c.Type, begin: c.Body, size: c.Size}):
			return c, upstream.ErrNotFound
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

// sendAsItArrives sends one unbroken response, whichever packagers its bytes come from. A
// response that cannot be completed is broken off and never ends cleanly.
func (s *Server) sendAsItArrives(w http.ResponseWriter, r *http.Request, o *object.Object, c object.Content, p *follow.Playlist) {
	defer o.Stream()()
	merge(w.Header(), c.PlayerHeader())
	w.Header().Set("Content-Length", strconv.FormatInt(c.Size, 10))
	s.metrics.MediaSent.Inc()
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
			_ = out.Flush() // the next write fails as well
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
		if p != nil {
			end = p.Wait()
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
