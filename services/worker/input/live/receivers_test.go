package live

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"livestream-tui/services/hls/feed"
	"livestream-tui/services/kit/httpx"
	"livestream-tui/services/kit/servicetest"
	"livestream-tui/services/kit/signals"
)

func TestTheReceiverWithTheGreatestGenerationIsFollowed(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC)
	says := func(ago time.Duration, s signals.Status) answer {
		s.Name = "stage"
		return answer{feed.Index{Signals: []signals.Status{{Name: "other", Generation: 99}, s}}, now.Add(-ago)}
	}
	leads := func(generation uint64, onAir bool) signals.Status {
		return signals.Status{Generation: generation, OnAir: onAir}
	}
	stands := signals.Status{Generation: 9, StandsBy: true}
	for _, c := range []struct {
		name string
		said []answer
		was  int
		want int
	}{
		{"one alone", []answer{says(0, leads(0, false))}, 0, 0},
		{"one leads, one stands by", []answer{says(0, stands), says(0, leads(2, true))}, 0, 1},
		{"two lead", []answer{says(0, leads(2, true)), says(0, leads(3, true))}, 0, 1},
		{"two lead, the greater generation is not on air yet", []answer{says(0, leads(2, true)), says(0, leads(3, false))}, 0, 1},
		{"two lead in one generation", []answer{says(0, leads(3, true)), says(0, leads(3, true))}, 1, 0},
		{"two lead in one generation, one is on air", []answer{says(0, leads(3, false)), says(0, leads(3, true))}, 0, 1},
		{"the greatest is not heard any more", []answer{says(0, leads(2, true)), says(fresh+1, leads(3, true))}, 1, 0},
		{"nobody is heard any more", []answer{says(fresh+1, leads(2, true)), says(fresh+1, leads(3, true))}, 0, 0},
		{"nobody leads", []answer{says(0, stands), says(0, stands)}, 1, 1},
		{"nobody has said anything", []answer{{}, {}}, 1, 1},
	} {
		if got := leaderOf(c.said, "stage", c.was, now); got != c.want {
			t.Errorf("%s: got receiver %d, want %d", c.name, got, c.want)
		}
	}
}

// says says how receiver i has the signal, as an answer would.
func (r *receivers) says(i int, s signals.Status) {
	s.Name = "stage"
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers[i] = answer{feed.Index{Signals: []signals.Status{s}}, r.now()}
	r.lead()
}

func TestAFeedGoesOnAtTheReceiverThatTakesOver(t *testing.T) {
	t.Parallel()
	hangs, asked := make(chan struct{}), make(chan struct{}, 10)
	lost := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		select { // its machine has no power
		case <-hangs:
		case <-r.Context().Done():
		}
	}))
	defer lost.Close()
	defer close(hangs)
	next := &receiver{}
	other := httptest.NewServer(next)
	defer other.Close()
	next.say(head + "#EXT-X-MEDIA-SEQUENCE:41\n#EXT-X-MAP:URI=\"init-aa.mp4\"\n#EXTINF:2,\n41.m4s\n#EXT-X-DISCONTINUITY\n#EXTINF:2,\n42.m4s\n")
	c := httpx.New(httpx.Options{})
	defer c.CloseIdleConnections()
	from := newReceivers(c, []string{lost.URL, other.URL})
	from.says(0, signals.Status{Generation: 1, OnAir: true})
	from.says(1, signals.Status{Generation: 1, StandsBy: true})
	s := &segments{from: from, signal: "stage", http: c, inits: map[string][]byte{}}
	type result struct {
		msn int64
		err error
	}
	got := make(chan result, 1)
	go func() {
		one, err := s.Next(t.Context(), 41)
		got <- result{one.MSN, err}
	}()
	<-asked
	began := time.Now()
	from.says(1, signals.Status{Generation: 2, OnAir: true})
	if r := <-got; r.err != nil || r.msn != 42 {
		t.Errorf("got %d, %v, want 42 from the other receiver, and no error", r.msn, r.err)
	}
	if waited := time.Since(began); waited >= feed.BlockMost {
		t.Errorf("it waited %s for the one that is lost", waited)
	}
}

func TestAReceiverThatHangsDoesNotKeepTheOthersFromBeingHeard(t *testing.T) {
	t.Parallel()
	hangs := make(chan struct{})
	lost := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-hangs:
		case <-r.Context().Done():
		}
	}))
	defer lost.Close()
	defer close(hangs)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"signals":[{"signal":"stage","mode":"copy","on_air":true,"generation":2}]}`))
	}))
	defer other.Close()
	c := httpx.New(httpx.Options{})
	defer c.CloseIdleConnections()
	r := newReceivers(c, []string{lost.URL, other.URL})
	servicetest.Await(t, "the other one is heard", func() bool {
		failed := r.ask(context.Background())
		url, _ := r.of("stage")
		return r.known() && url == other.URL && failed[lost.URL] != nil && len(failed) == 1
	})
	if list := r.index(); len(list.Signals) != 1 || !list.Signals[0].OnAir {
		t.Errorf("got %+v", list)
	}
}
