package proxy

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"livestream-tui/services/kit/report"
)

// originOf answers like the origin: with the preferred packager, holding requests that
// wait.
func originOf(p *platform) (prefer func(string), kill func()) {
	var mu sync.Mutex
	active, changed := one, make(chan struct{})
	kill = p.wire.Serve("origin", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		tag, more := strconv.Quote(active), changed
		mu.Unlock()
		if r.URL.Query().Get("wait") != "" && r.Header.Get("If-None-Match") == tag {
			select {
			case <-more:
			case <-time.After(10 * time.Second):
				w.WriteHeader(http.StatusNotModified)
				return
			case <-r.Context().Done():
				return
			}
		}
		mu.Lock()
		defer mu.Unlock()
		w.Header().Set("ETag", strconv.Quote(active))
		_ = json.NewEncoder(w).Encode(report.Preference{Active: active})
	}))
	return func(packager string) {
		mu.Lock()
		defer mu.Unlock()
		active = packager
		close(changed)
		changed = make(chan struct{})
	}, kill
}

func TestThePreferenceIsFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var prefer func(string)
		var kill func()
		p := onAir(t, 2, func(p *platform) {
			p.config.Origins = []string{"http://origin"}
			prefer, kill = originOf(p)
		})
		defer p.end()
		v := p.watch()
		time.Sleep(5300 * time.Millisecond)
		for _, want := range []string{two, one, two} {
			prefer(want)
			p.await(100*time.Millisecond, "following "+want, func() bool { return p.get(live).Header().Get("X-Packager") == want })
			time.Sleep(5 * time.Second)
		}
		kill()
		time.Sleep(30 * time.Second)
		if got := p.get(live).Header().Get("X-Packager"); got != two {
			t.Errorf("without an origin: got %s, want the last word, %s", got, two)
		}
		list := p.failovers()
		if len(list) != 3 {
			t.Fatalf("failovers: got %+v, want 3", list)
		}
		for _, f := range list {
			if f.Saved != 0 || f.GapMS > 50 || !strings.Contains(f.Cause, "the origin prefers") {
				t.Errorf("got %+v, want one that the origin asked for and that nobody noticed", f)
			}
		}
		v.smooth(2400*time.Millisecond, 50*time.Millisecond)
		v.end()
	})
}

func TestAnOriginThatDoesNotHoldRequestsIsNotFlooded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		asked := 0
		var kill func()
		p := onAir(t, 1, func(p *platform) {
			p.config.Origins = []string{"http://origin"}
			kill = p.wire.Serve("origin", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				asked++
				w.Header().Set("ETag", fmt.Sprintf(`"%d"`, asked))
				_, _ = io.WriteString(w, `{"active":"http://server1"}`)
			}))
		})
		defer p.end()
		defer kill()
		p.get(live)
		time.Sleep(10 * time.Second)
		mu.Lock()
		defer mu.Unlock()
		if asked > 250 {
			t.Errorf("requests in 10 s: got %d, want few", asked)
		}
	})
}
