package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"livestream-tui/procs/platform/model"
	"livestream-tui/procs/platform/series"
)

// errNoRoute is the answer of a platform of an earlier version, which does not know what it
// is asked for.
var errNoRoute = errors.New("status 404")

// past keeps the figures of a platform that keeps none.
type past struct {
	mu     sync.Mutex
	keeper series.Keeper // guarded by mu
}

// History implements platform.Platform. A platform of an earlier version keeps no figures:
// then those of the snapshots are kept here, from the first call on.
func (r *Remote) History(ctx context.Context, since time.Time) (series.History, error) {
	path := "/history"
	if !since.IsZero() {
		path += "?" + url.Values{"since": {since.UTC().Format(time.RFC3339Nano)}}.Encode()
	}
	var h series.History
	err := r.fetch(ctx, path, &h)
	switch {
	case errors.Is(err, errNoRoute):
		return r.ownHistory(since), nil
	case err == nil && h.StepMS != series.Step.Milliseconds():
		return series.History{}, r.unreadable(fmt.Errorf("points %d ms apart", h.StepMS))
	}
	return h, err
}

// ownHistory keeps the figures of the latest snapshot, and returns what came after a time.
func (r *Remote) ownHistory(since time.Time) series.History {
	last := r.Latest()
	r.past.mu.Lock()
	defer r.past.mu.Unlock()
	r.past.keeper.Take(last.At, model.Figures(last, last.At), model.Spare(last))
	return r.past.keeper.Since(since)
}

func (s *server) history(w http.ResponseWriter, r *http.Request) {
	since, err := timeAt(r, "since")
	if err != nil {
		s.refuse(w, http.StatusBadRequest, err)
		return
	}
	h, err := s.platform.History(r.Context(), since)
	if err != nil {
		s.refuse(w, http.StatusBadGateway, err)
		return
	}
	s.answer(w, http.StatusOK, h)
}

// timeAt returns a time of the query; zero when it is not there.
func timeAt(r *http.Request, name string) (time.Time, error) {
	value := r.URL.Query().Get(name)
	if value == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, value)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s=%q: allowed is a time as in RFC 3339", name, value)
	}
	return t, nil
}
