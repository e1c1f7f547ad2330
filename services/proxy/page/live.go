package page

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"livestream-tui/services/kit/service"
	"livestream-tui/services/proxy/events"
)

const (
	// readersMost is how many readers there may be at the same time.
	readersMost = 1000
	// writeMost is how long a reader may take for what it is sent; a slower one is dropped,
	// and may come back.
	writeMost = 10 * time.Second
	// beatEvery is how long nothing is sent at most, so that a connection that is dead is
	// noticed.
	beatEvery = 15 * time.Second
	// firstEvents is how many events a new reader is told of.
	firstEvents = 20
)

// newEra returns the beginning of the ids of events: another incarnation counts its events
// from 1 as well.
func newEra(now time.Time) string { return strconv.FormatInt(now.UnixNano(), 36) }

// idOf is the last event that a reader has, 0 for none. Of another incarnation it has
// none of ours.
func (p *Page) idOf(r *http.Request) (id int64, known bool) {
	last := r.Header.Get("Last-Event-ID")
	if last == "" {
		last = r.URL.Query().Get("after") // a page that closes its stream while nobody sees it
	}
	era, number, ok := strings.Cut(last, "-")
	if !ok || era == "" {
		return 0, false
	}
	if era == p.era {
		if id, err := strconv.ParseInt(number, 10, 64); err == nil {
			return id, true
		}
	}
	return 0, true
}

// serveEvents tells a reader the facts whenever they change, and events as they happen, as
// server-sent events. A reader that comes back with the id of its last event misses none.
func (p *Page) serveEvents(w http.ResponseWriter, r *http.Request) {
	select {
	case p.readers <- struct{}{}:
		defer func() { <-p.readers }()
	default:
		w.Header().Set("Retry-After", "5")
		service.WriteError(w, http.StatusServiceUnavailable, "too many pages are open")
		return
	}
	select {
	case p.opened <- struct{}{}:
	default: // signalled already
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx in front would wait for more
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return
	}
	out := http.NewResponseController(w)
	_ = out.SetReadDeadline(time.Time{}) // an error means that there is none
	p.tell(reader{w: w, out: out, buf: []byte("retry: 1000\n\n")}, r)
}

// tell sends to a reader until it goes, or is too slow, or the proxy ends.
func (p *Page) tell(to reader, r *http.Request) {
	id, known := p.idOf(r)
	list, more := p.options.Events.After(id)
	if !known {
		list = list[max(0, len(list)-firstEvents):]
	}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	var told []byte
	for {
		now := time.Now()
		if len(list) > 0 {
			id = list[len(list)-1].ID
		}
		// The facts come first: an event explains what they show.
		if f := p.facts.now(now, id, p.signals, p.options.Audience); len(told) == 0 || &f[0] != &told[0] {
			told = f
			to.facts(now, f)
		}
		for _, e := range list {
			to.event(p.era, e)
		}
		if !to.send(now) {
			return
		}
		list = nil
		select {
		case <-more:
			list, more = p.options.Events.After(id)
		case <-tick.C:
		case <-r.Context().Done():
			return
		case <-p.options.HandedOver:
			return
		case <-p.options.Done:
			return
		}
	}
}

// reader is one stream of server-sent events.
type reader struct {
	w    http.ResponseWriter
	out  *http.ResponseController
	buf  []byte    // not sent yet
	last time.Time // when something was last sent
}

func (to *reader) facts(now time.Time, signals []byte) {
	to.buf = append(to.buf, "event: facts\ndata: {\"now_ms\":"...)
	to.buf = strconv.AppendInt(to.buf, now.UnixMilli(), 10)
	to.buf = append(append(append(to.buf, ",\"signals\":"...), signals...), "}\n\n"...)
}

func (to *reader) event(era string, e events.Entry) {
	b, err := json.Marshal(e)
	if err != nil {
		panic(err) // strings and numbers can always be encoded
	}
	to.buf = append(to.buf, "id: "+era+"-"+strconv.FormatInt(e.ID, 10)+"\nevent: "+string(e.Event)+"\ndata: "...)
	to.buf = append(append(to.buf, b...), "\n\n"...)
}

// send sends what there is, and a beat when there was nothing for long; false when the
// reader has gone or is too slow.
func (to *reader) send(now time.Time) bool {
	if len(to.buf) == 0 && now.Sub(to.last) >= beatEvery {
		to.buf = append(to.buf, ":\n\n"...)
	}
	if len(to.buf) == 0 {
		return true
	}
	_ = to.out.SetWriteDeadline(now.Add(writeMost)) // an error means that there is none
	if _, err := to.w.Write(to.buf); err != nil {
		return false
	}
	to.buf, to.last = to.buf[:0], now
	return to.out.Flush() == nil
}
