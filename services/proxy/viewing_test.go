package proxy

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/proxy/fakenet"
	"livestream-tui/services/proxy/playlisttest"
)

// viewing is a player: it reloads the playlist, holds it to the rules, fetches each
// new segment whole, and compares it with the encoder's.
type viewing struct {
	p        *platform
	check    playlisttest.Checker
	grew     time.Time
	longest  time.Duration // between two new segments
	slowest  time.Duration // of any answer
	fetched  int
	gaps     int
	statuses map[int]int
	errs     []error
	stop     chan struct{}
	once     sync.Once
	ended    chan struct{}
	mu       sync.Mutex
}

// watch starts a player; one that goes on from another's checker has seen what that
// one saw.
func (p *platform) watch(before ...*viewing) *viewing {
	v := &viewing{p: p, check: playlisttest.Checker{Endless: true}, statuses: map[int]int{}, stop: make(chan struct{}), ended: make(chan struct{})}
	for _, other := range before {
		v.check = other.check
	}
	p.views = append(p.views, v)
	go func() {
		defer close(v.ended)
		next := int64(-1)
		for {
			next = v.reload(next)
			select {
			case <-v.stop:
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	}()
	return v
}

func (v *viewing) answer(path string) *httptest.ResponseRecorder {
	began := time.Now()
	w := v.p.get(path)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.slowest = max(v.slowest, time.Since(began))
	v.statuses[w.Code]++
	return w
}

func (v *viewing) fail(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.errs = append(v.errs, err)
}

func (v *viewing) reload(next int64) int64 {
	w := v.answer(live)
	if w.Code != http.StatusOK {
		v.fail(fmt.Errorf("playlist: status %d: %s", w.Code, w.Body))
		return next
	}
	v.mu.Lock()
	err := v.check.Check(w.Body.Bytes())
	l := v.check.Last
	v.mu.Unlock()
	if err != nil {
		v.fail(fmt.Errorf("%w:\n%s", err, w.Body))
		return next
	}
	if next < 0 {
		next = max(l.MediaSequence, l.LastMSN()-2)
		v.mu.Lock()
		v.grew = time.Now()
		v.mu.Unlock()
	}
	next = max(next, l.MediaSequence)
	for ; next <= l.LastMSN(); next++ {
		v.mu.Lock()
		v.longest, v.grew = max(v.longest, time.Since(v.grew)), time.Now()
		v.mu.Unlock()
		s := l.Segments[next-l.MediaSequence]
		if s.Gap {
			v.mu.Lock()
			v.gaps++
			v.mu.Unlock()
			continue
		}
		if s.Map != nil {
			if w := v.answer("/live01/" + s.Map.URI); w.Code != http.StatusOK || !bytes.Equal(w.Body.Bytes(), fakenet.InitSection()) {
				v.fail(fmt.Errorf("init: status %d, %d bytes", w.Code, w.Body.Len()))
			}
		}
		w := v.answer("/live01/" + s.URI)
		// Which of the encoder's it is, its date says.
		n := v.p.enc.first + int64(s.ProgramDateTime.Sub(v.p.enc.date(v.p.enc.first))/segment)
		if want := bodyOf(n, s.Map != nil); w.Code != http.StatusOK || !bytes.Equal(w.Body.Bytes(), want) {
			v.fail(fmt.Errorf("msn %d, %s: status %d, %d bytes, want the encoder's %d", next, s.URI, w.Code, w.Body.Len(), n))
		}
		v.mu.Lock()
		v.fetched++
		v.mu.Unlock()
	}
	return next
}

// last is the newest playlist that the player was given.
func (v *viewing) last() *m3u8.MediaPlaylist {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.check.Last
}

// first is the media sequence number of the first playlist.
func (v *viewing) first() int64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.check.First
}

func (v *viewing) leave() {
	v.once.Do(func() { close(v.stop) })
	<-v.ended
}

// end stops the player and fails the test for what it saw.
func (v *viewing) end() {
	v.p.t.Helper()
	v.leave()
	for i, err := range v.errs {
		if v.p.t.Errorf("player: %v", err); i == 3 {
			break
		}
	}
	if v.fetched == 0 {
		v.p.t.Error("player: got no segment")
	}
}

// smooth holds the player's view to limits: how long between new segments, and for
// any answer.
func (v *viewing) smooth(between, answer time.Duration) {
	v.p.t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	if since := max(v.longest, time.Since(v.grew)); since > between {
		v.p.t.Errorf("new segments: %s apart, want at most %s", since, between)
	}
	if v.slowest > answer {
		v.p.t.Errorf("slowest answer: %s, want at most %s", v.slowest, answer)
	}
}
