package events

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

// Log holds the last failovers and changes of mode. Safe for concurrent use.
type Log struct {
	mu       sync.Mutex
	list     []Entry       // oldest first; guarded by mu
	next     int64         // guarded by mu
	replaced chan struct{} // closed when list changes; guarded by mu
}

// Entry is an event as operators get it.
type Entry struct {
	// ID counts from 1. It is the id of the server-sent event as well.
	ID    int64      `json:"id"`
	Time  time.Time  `json:"time"`
	Event event.Kind `json:"event"`
	*event.Failover
	*event.Serving
}

// Most is how many events are kept.
const Most = 1000

// New returns a Log without events.
func New() *Log { return &Log{next: 1, replaced: make(chan struct{})} }

// Add adds a failover or a change of mode.
func (e *Log) Add(what event.Event, now time.Time) {
	one := Entry{Time: now, Event: what.Kind()}
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
	e.list = e.list[max(0, len(e.list)-Most):]
	e.next++
	close(e.replaced)
	e.replaced = make(chan struct{})
}

// After returns the events with a higher id, oldest first, and a channel that is closed when
// there are more.
func (e *Log) After(id int64) ([]Entry, <-chan struct{}) {
	e.mu.Lock()
	defer e.mu.Unlock()
	i := 0
	for i < len(e.list) && e.list[i].ID <= id {
		i++
	}
	return append([]Entry{}, e.list[i:]...), e.replaced
}

// Serve answers with the last 1,000 events as JSON. A client that accepts
// text/event-stream gets them as server-sent events, and all that follow until one of the
// channels is closed.
func (e *Log) Serve(w http.ResponseWriter, r *http.Request, handedOver, done <-chan struct{}) {
	if !strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
		list, _ := e.After(0)
		service.WriteJSON(w, http.StatusOK, list)
		return
	}
	var id int64
	// A bad Last-Event-ID counts as missing: all events are sent.
	_, _ = fmt.Sscan(r.Header.Get("Last-Event-ID"), &id)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	out := http.NewResponseController(w)
	if out.Flush() != nil {
		return
	}
	for r.Method != http.MethodHead {
		list, more := e.After(id)
		for _, one := range list {
			b, err := json.Marshal(one)
			if err != nil {
				return
			}
			if _, err := fmt.Fprintf(w, "id: %d\nevent: %s\ndata: %s\n\n", one.ID, one.Event, b); err != nil {
				return
			}
			id = one.ID
		}
		if out.Flush() != nil {
			return
		}
		select {
		case <-more:
		case <-r.Context().Done():
			return
		case <-handedOver:
			return
		case <-done:
			return
		}
	}
}
