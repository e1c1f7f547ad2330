package proxy

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// hanging holds each request for what begins so until its client goes, and counts those
// under way, and the most of them.
func hanging(prefix string, open, most *atomic.Int64) func(http.ResponseWriter, *http.Request) bool {
	return func(_ http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.Path, prefix) {
			return false
		}
		n := open.Add(1)
		defer open.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		<-r.Context().Done()
		return true
	}
}

// Clients ask for made-up names and leave at once: other players must not notice, and
// nothing that was begun for them goes on.
func TestAFloodOfClientsThatGoAtOnce(t *testing.T) {
	for _, prefix := range []string{"/live01/y", "/signals", "/hang/y"} {
		t.Run(prefix, func(t *testing.T) {
			inBubble(t, 2, func(t *testing.T, p *platform) {
				var open, most atomic.Int64
				p.everyPackager(hanging(prefix, &open, &most))
				v := p.watch()
				time.Sleep(5 * time.Second)
				var flood sync.WaitGroup
				for i := range 2000 {
					flood.Go(func() { p.leaveAfter(10*time.Millisecond, fmt.Sprintf("%s%d.m4s?wait=20s", prefix, i)) })
					if i%20 == 0 {
						time.Sleep(10 * time.Millisecond)
					}
				}
				flood.Wait()
				time.Sleep(100 * time.Millisecond)
				if n := open.Load(); n != 0 {
					t.Errorf("everybody has gone: %d requests of packagers are under way, want none", n)
				}
				if n := most.Load(); n > 2*64 {
					t.Errorf("requests under way at once: got %d, want 64 of each packager at most", n)
				}
				time.Sleep(4 * time.Second)
				v.smooth(2400*time.Millisecond, 50*time.Millisecond)
				v.end()
				if list := p.failovers(); len(list) != 0 {
					t.Errorf("failovers: got %+v, want none", list)
				}
			})
		})
	}
}

// Clients that wait for answers that do not come are bounded, and what is on air does not
// suffer.
func TestWhatNothingListsIsBounded(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		var open, most atomic.Int64
		p.everyPackager(hanging("/live01/y", &open, &most))
		v := p.watch()
		time.Sleep(5 * time.Second)
		var busy atomic.Int64
		var flood sync.WaitGroup
		for i := range 300 {
			flood.Go(func() {
				w := p.leaveAfter(5*time.Second, fmt.Sprintf("/live01/y%d.m4s", i))
				if w.Code == http.StatusServiceUnavailable && w.Header().Get("Retry-After") != "" {
					busy.Add(1)
				}
			})
		}
		time.Sleep(4 * time.Second)
		if n := open.Load(); n > 2*64 || busy.Load() < 300-128 {
			t.Errorf("got %d requests of packagers and %d times 503, want 128 at most and the rest refused", n, busy.Load())
		}
		flood.Wait()
		v.smooth(2400*time.Millisecond, 50*time.Millisecond)
		v.end()
	})
}

func TestAbsentEverywhereIsFinalAndRemembered(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		p.everyPackager(func(w http.ResponseWriter, r *http.Request) bool {
			if strings.Contains(r.URL.Path, "nothing") {
				time.Sleep(300 * time.Millisecond) // so that the second is asked as well
			}
			return false
		})
		p.get(live)
		time.Sleep(2 * time.Second)
		asked := func(name string) int { return p.packagers[0].asked(name) + p.packagers[1].asked(name) }
		if took := p.expect("/live01/nothing.ts", 404); took > 700*time.Millisecond {
			t.Errorf("took %s, want one round", took)
		}
		for range 10 {
			if took := p.expect("/live01/nothing.ts", 404); took > 0 {
				t.Errorf("again: took %s, want it remembered", took)
			}
		}
		time.Sleep(15 * time.Second)
		if n := asked("nothing.ts"); n != 2 {
			t.Errorf("requests: got %d, want one of each packager", n)
		}
		p.expect("/live01/nothing.ts", 404)
		if n := asked("nothing.ts"); n != 4 {
			t.Errorf("later: got %d requests, want it asked for again", n)
		}
	})
}

func TestRefusalsCostNoConnection(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		p.everyPackager(status(404, "x.ts", "text/html", "<html>"+strings.Repeat("no such thing ", 500)))
		p.get(live)
		time.Sleep(2 * time.Second)
		before := p.wire.Dials("server1:80") + p.wire.Dials("server2:80")
		for i := range 100 {
			p.expect(fmt.Sprintf("/live01/%dx.ts", i), 404)
		}
		if n := p.wire.Dials("server1:80") + p.wire.Dials("server2:80") - before; n > 4 {
			t.Errorf("100 names that are missing: %d connections, want 4 at most", n)
		}
	})
}

// The proxy waits for a slow packager, as a plain proxy does.
func TestWhatAPackagerMakesWhenAskedForIsWaitedFor(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		p.everyPackager(func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != "/vod/made.ts" {
				return false
			}
			time.Sleep(7 * time.Second)
			serveBytes(w, r, bodyOf(1, false), true)
			return true
		})
		p.expect("/vod/made.ts", 200)
	})
}

// Stopping the proxy does not wait for packagers that hang.
func TestStoppingUnderAFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := onAir(t, 2)
		var open, most atomic.Int64
		p.everyPackager(hanging("/hang/", &open, &most))
		p.get(live)
		var flood sync.WaitGroup
		for i := range 200 {
			flood.Go(func() { p.leaveAfter(20*time.Second, fmt.Sprintf("/hang/%d.m3u8", i)) })
			flood.Go(func() { p.leaveAfter(20*time.Second, fmt.Sprintf("/hang/%d.ts", i)) })
		}
		time.Sleep(time.Second)
		began := time.Now()
		p.stopProxy()
		if took := time.Since(began); took > time.Second {
			t.Errorf("took %s, want it at once", took)
		}
		flood.Wait()
		for _, one := range p.packagers {
			one.die()
		}
	})
}
