package proxy

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/service"
)

// events are the last failovers and changes of mode, for all who ask. Safe for concurrent use.
type events struct {
	mu       sync.Mutex
	list     []eventRecord // oldest first; guarded by mu
	next     int64         // guarded by mu
	replaced chan struct{} // closed when list changes; guarded by mu
}

// eventRecord is one of them as it travels.
type eventRecord struct {
	// ID counts from 1; it is the server-sent event's id too.
	ID    int64     `json:"id"`
	Time  time.Time `json:"time"`
	Event string    `json:"event"`
	*event.Failover
	*event.Serving
}

const eventsMost = 1000

func newEvents() *events { return &events{next: 1, replaced: make(chan struct{})} }

func (e *events) add(what event.Event, now time.Time) {
	one := eventRecord{Time: now, Event: what.Kind()}
	switch what := what.(type) {
	case event.Failover:
		one.Failover = &what
	case event.Serving:
		one.Serving = &what
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	one.ID = e.next
	e.list = append(e.list, one)
	e.list = e.list[max(0, len(e.list)-eventsMost):]
	e.next++
	close(e.replaced)
	e.replaced = make(chan struct{})
}

// after are the events of a higher id, and a channel closed when there are more.
func (e *events) after(id int64) ([]eventRecord, <-chan struct{}) {
	e.mu.Lock()
	defer e.mu.Unlock()
	i := 0
	for i < len(e.list) && e.list[i].ID <= id {
		i++
	}
	return append([]eventRecord{}, e.list[i:]...), e.replaced
}

// serveEvents answers with the last 1,000 events as JSON, or, to who accepts
// text/event-stream, with them and all that follow.
func (s *Service) serveEvents(w http.ResponseWriter, r *http.Request) {
	if !strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
		list, _ := s.events.after(0)
		service.WriteJSON(w, http.StatusOK, list)
		return
	}
	var id int64
	// A bad Last-Event-ID is none: all are sent.
	_, _ = fmt.Sscan(r.Header.Get("Last-Event-ID"), &id)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	out := http.NewResponseController(w)
	if out.Flush() != nil {
		return
	}
	for r.Method != http.MethodHead {
		list, more := s.events.after(id)
		for _, e := range list {
			b, err := json.Marshal(e)
			if err != nil {
				return
			}
			if _, err := fmt.Fprintf(w, "id: %d\nevent: %s\ndata: %s\n\n", e.ID, e.Event, b); err != nil {
				return
			}
			id = e.ID
		}
		if out.Flush() != nil {
			return
		}
		select {
		case <-more:
		case <-r.Context().Done():
			return
		case <-s.succeeded:
			return
		case <-s.life.Done():
			return
		}
	}
}
