package proxy

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"livestream-tui/services/cluster"
	"livestream-tui/services/cluster/bus"
	"livestream-tui/services/hls/ingest"
	"livestream-tui/services/kit/report"
)

// airwaves is a Bus to the proxy, and what goes wrong on its way.
type airwaves struct {
	mu    sync.Mutex
	take  func(cluster.Msg)                         // guarded by mu
	wrong func(cluster.Frontier) []cluster.Frontier // guarded by mu; nil while all is well
	sent  int                                       // guarded by mu
}

func (a *airwaves) Subscribe(_ context.Context, _ string, take func(cluster.Msg)) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.take = take
	return nil
}

func (a *airwaves) Publish(string, []byte) error { return nil }

func (a *airwaves) Request(context.Context, string, []byte) ([]byte, error) {
	return nil, cluster.ErrNoAnswer
}

// goWrong changes each message from now on.
func (a *airwaves) goWrong(how func(cluster.Frontier) []cluster.Frontier) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.wrong = how
}

func (a *airwaves) tell(f cluster.Frontier) {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := []cluster.Frontier{f}
	if a.wrong != nil {
		list = a.wrong(f)
	}
	for _, f := range list {
		if data, err := json.Marshal(f); err == nil && a.take != nil {
			a.sent++
			a.take(cluster.Msg{Subject: cluster.SubjectFrontier + cluster.NameOf(f.Packager), Data: data})
		}
	}
}

// few and many are how many playlists are followed: those of few are held.
const (
	few  = heldMost
	many = heldMost + 1
)

// signal is the name of a signal by number.
func signalOf(n int) string { return fmt.Sprintf("live%02d", n+1) }

// withHints gives the platform a cluster whose packagers tell of each segment, as they do
// while they live, and players of so many signals.
func withHints(p *platform) {
	p.bus = &airwaves{}
	p.config.Bus = bus.Config{EngineURL: "nats://localhost:1", Machine: "a"}
	for _, one := range p.packagers {
		one.change(func(o *packager) { o.answers = waiting(o) })
	}
}

// waiting answers the request that notices the death of a packager.
func waiting(o *packager) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != ingest.SignalsPath {
			return false
		}
		d, _ := time.ParseDuration(r.URL.Query().Get(ingest.WaitParameter))
		select {
		case <-time.After(d):
		case <-r.Context().Done():
		}
		return true
	}
}

// hinting tells what packagers list until the result is called.
func (p *platform) hinting() (end func()) {
	stop := make(chan struct{})
	var group sync.WaitGroup
	for _, one := range p.packagers {
		group.Go(func() {
			seq := uint64(0)
			for {
				one.mu.Lock()
				list, stopped := one.list(), one.hung != nil
				one.mu.Unlock()
				if list != nil && !stopped && p.wire.Serves(one.name) {
					f := cluster.Frontier{Packager: one.url(), Run: "x", Newest: map[string]int64{}}
					for n := range many {
						f.Newest[signalOf(n)] = list.LastMSN()
					}
					seq++
					f.Seq = seq
					p.bus.tell(f)
				}
				next := segment/2 - time.Since(p.enc.began)%(segment/2)
				select {
				case <-time.After(next):
				case <-stop:
					return
				}
			}
		})
	}
	return func() {
		close(stop)
		group.Wait()
	}
}

// follows begins to follow so many signals, and keeps following them until the result is called.
func (p *platform) follows(signals int) (end func()) {
	p.t.Helper()
	stop, ended := make(chan struct{}), make(chan struct{})
	for n := range signals {
		p.expect("/"+signalOf(n)+"/playlist.m3u8", 200)
	}
	go func() {
		defer close(ended)
		for {
			select {
			case <-time.After(10 * time.Second):
			case <-stop:
				return
			}
			for n := range signals {
				p.get("/" + signalOf(n) + "/playlist.m3u8")
			}
		}
	}()
	return func() {
		close(stop)
		<-ended
	}
}

// polls counts the requests for the playlist of any signal at all packagers.
func (p *platform) polls() int {
	n := 0
	for _, one := range p.packagers {
		n += one.playlists()
	}
	return n
}

// counts counts the requests that packagers may hold, from now on.
func (p *platform) counts() (held func() int) {
	var mu sync.Mutex
	n := 0
	for _, one := range p.packagers {
		one.change(func(o *packager) {
			before := o.answers
			o.answers = func(w http.ResponseWriter, r *http.Request) bool {
				if strings.Contains(r.URL.RawQuery, "_HLS_msn") {
					mu.Lock()
					n++
					mu.Unlock()
				}
				return before(w, r)
			}
		})
	}
	return func() int {
		mu.Lock()
		defer mu.Unlock()
		return n
	}
}

// latency is how long after its time a segment is listed to players, at worst, over so long.
func (p *platform) latency(d time.Duration) time.Duration {
	worst := time.Duration(0)
	for end := time.Now().Add(d); time.Now().Before(end); {
		last := p.stream().Shown()
		select {
		case <-last.Replaced:
			if now := p.stream().Shown(); now.Last > last.Last {
				worst = max(worst, time.Since(p.enc.began)-time.Duration(now.Last-p.enc.first)*segment)
			}
		case <-time.After(time.Until(end)):
		}
	}
	return worst
}

// measured is for how long latency is measured.
const measured = 20 * time.Second

func TestHintsInPlaceOfHeldRequests(t *testing.T) {
	if fieldStep > 1 {
		t.Skip("the run without the detector has it, which make test has too")
	}
	drop := func(cluster.Frontier) []cluster.Frontier { return nil }
	lie := func(change func(f *cluster.Frontier)) func(cluster.Frontier) []cluster.Frontier {
		return func(f cluster.Frontier) []cluster.Frontier {
			change(&f)
			return []cluster.Frontier{f}
		}
	}
	all := func(f *cluster.Frontier, by int64) {
		for signal := range f.Newest {
			f.Newest[signal] += by
		}
	}
	var before cluster.Frontier
	past := 0
	for _, c := range []struct {
		name  string
		wrong func(cluster.Frontier) []cluster.Frontier
		// late is how late players may be, requests how many may be sent for a playlist and a
		// segment to one packager.
		late     time.Duration
		requests float64
	}{
		{"all is well", nil, 5 * time.Millisecond, 1.1},
		{"each comes twice", func(f cluster.Frontier) []cluster.Frontier { return []cluster.Frontier{f, f} }, 5 * time.Millisecond, 1.1},
		{"each comes after the next one", func(f cluster.Frontier) []cluster.Frontier {
			f, before = before, f
			return []cluster.Frontier{before, f}
		}, 5 * time.Millisecond, 1.1},
		{"they are ten old", lie(func(f *cluster.Frontier) { all(f, -10) }), 25 * time.Millisecond, 1.1},
		{"they are from the future", lie(func(f *cluster.Frontier) { all(f, 1000) }), 25 * time.Millisecond, 3.5},
		{"they are of signals that nobody plays", lie(func(f *cluster.Frontier) { f.Newest = map[string]int64{"live99": 7} }), 25 * time.Millisecond, 1.1},
		{"they tell one number for ever", lie(func(f *cluster.Frontier) { all(f, 1_000_000-f.Newest["live01"]) }), 25 * time.Millisecond, 1.5},
		{"they lie, each time otherwise", lie(func(f *cluster.Frontier) { past++; all(f, int64(past*1000)) }), 25 * time.Millisecond, 3.5},
		{"they are of a packager that is none", lie(func(f *cluster.Frontier) { f.Packager = "http://server9" }), 25 * time.Millisecond, 1.1},
		{"they are lost for good", drop, 25 * time.Millisecond, 1.1},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, 2, func(t *testing.T, p *platform) {
				defer p.hinting()()
				defer p.follows(many)()
				v := p.watch()
				time.Sleep(10 * time.Second)
				p.bus.goWrong(c.wrong)
				time.Sleep(10 * time.Second) // what was fresh is no more
				polls, held := p.polls(), p.counts()
				if late := p.latency(measured); late > c.late {
					t.Errorf("a segment is listed %s late, want %s at most", late, c.late)
				}
				if got := float64(p.polls()-polls) / 2 / many / float64(measured/segment); got > c.requests {
					t.Errorf("%.2f requests for a playlist and a segment, want %.2f at most", got, c.requests)
				}
				if held := held(); c.wrong == nil && held > 0 {
					t.Errorf("%d requests were held, want none", held)
				} else if c.name == "they are lost for good" && held < 8*2*many {
					t.Errorf("%d requests were held, want all to be, as without hints", held)
				}
				v.smooth(2400*time.Millisecond, 50*time.Millisecond)
				v.end()
				for _, verdict := range p.verdicts() {
					if verdict.State != report.Up {
						t.Errorf("%s is %s, want it up", verdict.Packager, verdict.State)
					}
				}
			}, withHints)
		})
	}
}

// left is how long the proxy takes until no playlist is served from a packager.
func (p *platform) left(packager string, signals int) time.Duration {
	began := time.Now()
	for n := range signals {
		for list := p.service.streams.Find("/" + signalOf(n) + "/playlist.m3u8"); list.Shown().Packager == packager; {
			select {
			case <-list.Shown().Replaced:
			case <-time.After(20 * time.Second):
				p.t.Fatalf("%s: %s is not left", signalOf(n), packager)
			}
		}
	}
	return time.Since(began)
}

// A packager that dies, stops or is cut off is noticed as soon as with requests that are held.
func TestHintsNoticeAFaultAsSoonAsHeldRequests(t *testing.T) {
	if fieldStep > 1 {
		t.Skip("the run without the detector has it, which make test has too")
	}
	for _, c := range []struct {
		name  string
		fault func(o *packager)
	}{
		{"killed", (*packager).die},
		{"stopped", (*packager).stop},
		{"refuses", func(o *packager) { o.change(func(o *packager) { o.answers = status(503, "", "", "") }) }},
		{"frozen", func(o *packager) { o.change(func(o *packager) { o.frozen = o.enc.newest() }) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			measure := func(hints bool) (took time.Duration) {
				t.Run(fmt.Sprintf("hints %t", hints), func(t *testing.T) {
					inBubble(t, 2, func(t *testing.T, p *platform) {
						if hints {
							defer p.hinting()()
						}
						defer p.follows(many)()
						v := p.watch()
						time.Sleep(20*time.Second + 700*time.Millisecond)
						c.fault(p.packagers[0])
						took = p.left(one, many)
						time.Sleep(5 * time.Second)
						v.smooth(2600*time.Millisecond, 1200*time.Millisecond)
						v.end()
						if c.name == "stopped" {
							p.packagers[0].resume()
						}
					}, withHints)
				})
				return took
			}
			without, with := measure(false), measure(true)
			t.Logf("noticed after %s by held requests, %s with hints", without, with)
			if with > without+20*time.Millisecond {
				t.Errorf("noticed after %s with hints, want %s, as by held requests", with, without)
			}
		})
	}
}

// Few playlists go on being held, so that nothing changes for them.
func TestFewPlaylistsAreHeldWhateverIsHinted(t *testing.T) {
	inBubble(t, 2, func(t *testing.T, p *platform) {
		defer p.hinting()()
		defer p.follows(few)()
		v := p.watch()
		count := p.counts()
		time.Sleep(20 * time.Second)
		v.smooth(2400*time.Millisecond, 50*time.Millisecond)
		v.end()
		if held := count(); held < 8*2*few {
			t.Errorf("%d requests were held, want one for each segment and packager", held)
		}
		for _, one := range p.packagers {
			if n := one.asked(strings.TrimPrefix(ingest.SignalsPath, "/")); n != 0 {
				t.Errorf("%s is watched besides, %d times", one.name, n)
			}
		}
	}, withHints)
}
