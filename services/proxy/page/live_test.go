package page

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"livestream-tui/services/kit/event"
)

// wire is the connection of one reader in fake time. A stuck one takes nothing, and its
// writes end at their deadline.
type wire struct {
	*httptest.ResponseRecorder
	mu       sync.Mutex
	stuck    bool
	deadline time.Time
	text     strings.Builder
}

func (w *wire) SetReadDeadline(time.Time) error { return nil }

func (w *wire) SetWriteDeadline(at time.Time) error {
	w.deadline = at
	return nil
}

func (w *wire) Write(b []byte) (int, error) {
	if w.stuck {
		time.Sleep(time.Until(w.deadline))
		return 0, os.ErrDeadlineExceeded
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(b)
}

// take is what has come since the last take.
func (w *wire) take() string {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	text := w.text.String()
	w.text.Reset()
	return text
}

// open opens a stream of events; ended is closed when the page has ended it.
func open(t *testing.T, p *Page, header ...string) (w *wire, ended chan struct{}, leave func()) {
	return openAt(t, p, "", header...)
}

// openAt is open with a query.
func openAt(t *testing.T, p *Page, query string, header ...string) (w *wire, ended chan struct{}, leave func()) {
	ctx, cancel := context.WithCancel(t.Context())
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, Folder+"events?"+query, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w, ended = &wire{ResponseRecorder: httptest.NewRecorder(), stuck: len(header) > 0 && header[0] == "Stuck"}, make(chan struct{})
	go func() {
		defer close(ended)
		p.ServeHTTP(w, r)
	}()
	return w, ended, cancel
}

func isClosed(c <-chan struct{}) bool {
	synctest.Wait()
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestReadersAreToldWhatChangesAndWhatHappens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var msn, made atomic.Int64
		msn.Store(7)
		done := make(chan struct{})
		p := newTestPage(func(o *Options) {
			o.Done = done
			o.Signals = func() []Signal {
				made.Add(1)
				return []Signal{{Signal: "live01", MSN: msn.Load()}}
			}
		})
		for range 30 {
			p.options.Events.Add(event.Failover{Signal: "live01", Cause: "before"}, time.Now())
		}
		time.Sleep(time.Minute)
		if made.Load() != 0 {
			t.Errorf("nobody reads: facts were made %d times, want never", made.Load())
		}
		one, ended, _ := open(t, p)
		two, _, _ := open(t, p)
		text := one.take()
		if !strings.Contains(text, "event: facts\ndata: {\"now_ms\":") || !strings.Contains(text, `"msn":7`) || strings.Count(text, "event: failover") != firstEvents || !strings.Contains(text, "id: "+p.era+"-30\n") {
			t.Errorf("at first: got %q, want the facts and the last %d failovers", text, firstEvents)
		}
		if made.Load() != 1 {
			t.Errorf("two readers: facts were made %d times, want once for both", made.Load())
		}
		two.take()
		time.Sleep(2 * time.Second)
		if text := one.take(); text != "" {
			t.Errorf("nothing has changed: got %q, want nothing", text)
		}
		msn.Store(8)
		time.Sleep(2 * lookEvery)
		for _, w := range []*wire{one, two} {
			if text := w.take(); strings.Count(text, "event: ") != 1 || !strings.Contains(text, `"msn":8`) {
				t.Errorf("a new segment: got %q, want the facts once", text)
			}
		}
		msn.Store(9)
		p.options.Events.Add(event.Failover{Signal: "live01", From: "http://a", To: "http://b", Cause: "it died", GapMS: 3}, time.Now())
		if text := one.take(); !strings.HasPrefix(text, "event: facts\n") || !strings.Contains(text, `"msn":9`) || !strings.Contains(text, "\n\nid: "+p.era+"-31\nevent: failover\ndata: {") || !strings.Contains(text, `"cause":"it died"`) {
			t.Errorf("a failover: got %q, want it at once, after the facts", text)
		}
		two.take()
		time.Sleep(beatEvery + lookEvery)
		if text := two.take(); text != ":\n\n" {
			t.Errorf("long silence: got %q, want a beat", text)
		}
		close(done)
		if !isClosed(ended) {
			t.Error("the proxy ends, and the stream goes on")
		}
	})
}

func TestReadersAreToldWhoPlays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sessions, counted atomic.Int64
		sessions.Store(2)
		p := newTestPage(func(o *Options) {
			o.Audience = func() map[string]Audience {
				counted.Add(1)
				return map[string]Audience{"live01": {Sessions: int(sessions.Load()), Stalls: 1}, "gone": {Sessions: 7}}
			}
		})
		time.Sleep(time.Minute)
		if counted.Load() != 0 {
			t.Errorf("nobody reads: counted %d times, want never", counted.Load())
		}
		one, _, _ := open(t, p)
		two, _, _ := open(t, p)
		if text := one.take(); strings.Count(text, `"audience":`) != 1 || !strings.Contains(text, `"signal":"live01",`) || !strings.Contains(text, `"audience":{"sessions":2,"stalls":1}`) {
			t.Errorf("got %q, want the audience of live01 alone", text)
		}
		two.take()
		sessions.Store(3)
		time.Sleep(countEvery + 2*lookEvery)
		if text := two.take(); strings.Count(text, "event: facts") != 1 || !strings.Contains(text, `"sessions":3`) {
			t.Errorf("one more: got %q, want it once", text)
		}
		before := counted.Load()
		time.Sleep(10 * countEvery)
		if more := counted.Load() - before; more < 9 || more > 10 {
			t.Errorf("in ten seconds it is counted %d times, want once a second for both readers", more)
		}
	})
}

func TestAReaderThatComesBackMissesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newTestPage()
		for range 30 {
			p.options.Events.Add(event.Failover{Signal: "live01"}, time.Now())
		}
		for _, c := range []struct {
			name, last string
			want       int
		}{
			{"it has all", p.era + "-30", 0},
			{"it lacks two", p.era + "-28", 2},
			{"it has those of another incarnation", "0abc-99", 30},
			{"what it sends is no id", "x", firstEvents},
		} {
			again, _, _ := openAt(t, p, "after="+c.last) // it has closed its stream for a while
			w, ended, leave := open(t, p, "Last-Event-ID", c.last)
			for _, w := range []*wire{w, again} {
				if got := strings.Count(w.take(), "event: failover"); got != c.want {
					t.Errorf("%s: got %d events, want %d", c.name, got, c.want)
				}
			}
			leave()
			if !isClosed(ended) {
				t.Errorf("%s: it has left, and its stream goes on", c.name)
			}
		}
	})
}

func TestNoReaderIsInTheWayOfOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handedOver := make(chan struct{})
		p := newTestPage(func(o *Options) { o.HandedOver = handedOver })
		_, dropped, _ := open(t, p, "Stuck", "1")
		well, ended, _ := open(t, p)
		well.take()
		p.options.Events.Add(event.Failover{Signal: "live01"}, time.Now())
		if text := well.take(); !strings.Contains(text, "event: failover") {
			t.Errorf("beside a slow reader: got %q, want the failover at once", text)
		}
		if isClosed(dropped) {
			t.Error("the slow reader is dropped at once")
		}
		time.Sleep(writeMost)
		if !isClosed(dropped) {
			t.Error("the slow reader is not dropped")
		}
		for range cap(p.readers) - len(p.readers) {
			p.readers <- struct{}{}
		}
		if w := ask(p, Folder+"events"); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
			t.Errorf("one reader too many: got %d, want 503 with Retry-After", w.Code)
		}
		close(handedOver)
		if !isClosed(ended) {
			t.Error("another incarnation has taken over, and the stream goes on")
		}
	})
}

func TestSignalsThatNobodyPlaysAreAskedForWhileSomebodyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		var silent atomic.Bool
		p := newTestPage(func(o *Options) {
			o.Names = func(context.Context) ([]string, error) {
				asked.Add(1)
				if silent.Load() {
					return nil, errors.New("no answer")
				}
				return []string{"live01", "live03"}, nil
			}
		})
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan struct{})
		go func() {
			defer close(ran)
			p.Run(ctx)
		}()
		time.Sleep(time.Minute)
		if asked.Load() != 0 {
			t.Errorf("nobody reads: asked %d times, want never", asked.Load())
		}
		w, _, leave := open(t, p)
		time.Sleep(2 * lookEvery)
		text := w.take()
		if last := text[strings.LastIndex(text, "event: facts"):]; strings.Count(last, `"signal":`) != 3 || !strings.Contains(last, `"signal":"live03","playlist":"/live03/playlist.m3u8","on_air":true`) {
			t.Errorf("got %q, want live01, live02 and live03", last)
		}
		silent.Store(true)
		time.Sleep(2 * namesEvery)
		if text := w.take(); strings.Contains(text, "event: facts") {
			t.Errorf("no answer: got %q, want the last one still", text)
		}
		leave()
		time.Sleep(namesEvery)
		before := asked.Load()
		time.Sleep(time.Minute)
		if asked.Load() != before {
			t.Errorf("it has left: asked %d times more, want never", asked.Load()-before)
		}
		cancel()
		if !isClosed(ran) {
			t.Error("Run does not end")
		}
	})
}
