package receiver

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	contract "livestream-tui/services/hls/feed"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/receiver/feed"
)

// writeMost is how long a write to a reader of a stream may take.
const writeMost = feed.MostBehind

// stream answers with the fragments as they come, up to the end of the format. A reader that
// is too slow is cut off: its connection breaks, so that it does not take this for an end.
func (s *Service) stream(w http.ResponseWriter, r *http.Request) {
	g, ok := s.found(w, r)
	if !ok {
		return
	}
	from, err := timeOf(r, contract.FromParameter)
	due, wrong := timeOf(r, contract.DueParameter)
	if err := errors.Join(err, wrong); err != nil {
		service.WriteError(w, http.StatusBadRequest, err.Error())
		return
	}
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Cache-Control", "no-store")
	if r.Method == http.MethodHead {
		return
	}
	s.held.Add(1)
	defer s.held.Add(-1)
	out := http.NewResponseController(w)
	served := g.feed.Load()
	for reader := feed.NewReader(from, due); ; {
		if g.standsBy() {
			panic(http.ErrAbortHandler)
		}
		tape := served.Tape()
		init, fragments, err := reader.Read(tape, time.Now())
		switch {
		case errors.Is(err, feed.ErrEnd):
			return
		case err != nil:
			s.cutOff(g)
		}
		if init != nil {
			s.send(g, w, out, init.Data)
		}
		for _, f := range fragments {
			s.send(g, w, out, f.Data)
		}
		if len(fragments) > 0 {
			continue
		}
		select {
		case <-tape.Continued:
		case <-served.Ended():
			panic(http.ErrAbortHandler)
		case <-s.stopping:
			panic(http.ErrAbortHandler)
		case <-r.Context().Done():
			return
		}
	}
}

// timeOf is a time that a request gives, since the Unix epoch; below zero where it gives none.
func timeOf(r *http.Request, parameter string) (time.Duration, error) {
	v := r.URL.Query().Get(parameter)
	if v == "" {
		return -1, nil
	}
	t, err := sinceEpoch(v)
	if err != nil {
		return 0, fmt.Errorf("%s must be seconds since the Unix epoch", parameter)
	}
	return t, nil
}

// sinceEpoch reads seconds with decimals, exactly: a key frame is asked for by its time.
func sinceEpoch(v string) (time.Duration, error) {
	whole, decimals, _ := strings.Cut(v, ".")
	const digits = 9
	decimals = (decimals + strings.Repeat("0", digits))[:digits]
	s, err := strconv.ParseUint(whole, 10, 33)
	if err != nil {
		return 0, err
	}
	ns, err := strconv.ParseUint(decimals, 10, 33)
	return time.Duration(s)*time.Second + time.Duration(ns), err
}

// send writes to a reader of a stream at once, or cuts it off.
func (s *Service) send(g *signal, w http.ResponseWriter, out *http.ResponseController, b []byte) {
	_ = out.SetWriteDeadline(time.Now().Add(writeMost)) // some writers have none
	_, err := w.Write(b)
	if err == nil {
		err = out.Flush()
	}
	switch {
	case err == nil:
	case errors.Is(err, http.ErrHandlerTimeout), isTimeout(err):
		s.cutOff(g)
	default:
		panic(http.ErrAbortHandler) // the reader has gone
	}
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

// cutOff breaks the connection of a reader that is too slow.
func (s *Service) cutOff(g *signal) {
	s.metrics.slow.Inc()
	g.log.Warn("a reader of the stream is more than 10 s behind and is cut off")
	panic(http.ErrAbortHandler)
}
