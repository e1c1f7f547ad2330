package packager

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"livestream-tui/services/cluster"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/servicetest"
	"livestream-tui/services/packager/disktest"
)

// wire is a Bus that keeps what is published.
type wire struct {
	mu   sync.Mutex
	sent []cluster.Msg // guarded by mu
}

func (w *wire) Publish(subject string, data []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent = append(w.sent, cluster.Msg{Subject: subject, Data: data})
	return nil
}

func (w *wire) Subscribe(context.Context, string, func(cluster.Msg)) error { return nil }

func (w *wire) Request(context.Context, string, []byte) ([]byte, error) {
	return nil, cluster.ErrNoAnswer
}

// has reports whether a frontier that tells a number was published.
func (w *wire) has(subject, packager, signal string, msn int64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, m := range w.sent {
		var f cluster.Frontier
		newest, told := int64(-1), false
		if json.Unmarshal(m.Data, &f) == nil {
			newest, told = f.Newest[signal]
		}
		if m.Subject == subject && f.Packager == packager && told && newest == msn {
			return true
		}
	}
	return false
}

// later is the time of these tests: segments up to 104 may be there.
const later = 9 * time.Second

// runMachine runs a packager of a cluster, with the Bus of a test.
func runMachine(t *testing.T, w *wire, peers ...string) (*running, *pusher) {
	t.Helper()
	e := service.Environment{"INGEST": "http", "PACKAGER_NAME": "server1", "ENGINE_URL": "nats://localhost:1", "MACHINE": "a"}
	r := runPrepared(t, e, func(r *running) {
		r.step.Store(int64(later))
		r.s.machines.connect = func() (cluster.Bus, func(), error) { return w, func() {}, nil }
	}, peers...)
	return r, newPusher(t, r)
}

func TestWithoutAnEngineThereIsNoCluster(t *testing.T) {
	r, p := runHTTP(t)
	if r.s.machines != nil {
		t.Error("it belongs to a cluster, want nothing of it")
	}
	p.publish(100, 104) // 104 is early by seconds, which only a cluster minds
	r.awaitMSN(104)
}

func TestOtherMachinesAreToldOfEachSegment(t *testing.T) {
	w := &wire{}
	r, p := runMachine(t, w, "http://127.0.0.1:1")
	subject := cluster.SubjectFrontier + cluster.NameOf(r.url)
	for msn := int64(100); msn <= 104; msn++ {
		p.publish(msn, msn)
		if msn < 102 {
			continue // a first window is published whole
		}
		servicetest.Await(t, fmt.Sprintf("a hint of %d", msn), func() bool { return w.has(subject, r.url, "live01", msn) })
	}
	r.wantMetricAtLeast(`packager_hints_total{result="sent"}`)
}

func (r *running) wantMetricAtLeast(name string) {
	r.t.Helper()
	servicetest.Await(r.t, name, func() bool {
		_, after, found := strings.Cut(r.get("/metrics").body, name+" ")
		return found && !strings.HasPrefix(after, "0\n")
	})
}

// A packager that was restarted while no worker lives has the window of its peer, and goes on
// with it.
func TestThePeersWindowIsPulledWhereNoWorkerBringsIt(t *testing.T) {
	a, p := runMachine(t, &wire{})
	p.publish(100, 103)
	a.awaitMSN(103)
	b, _ := runMachine(t, &wire{}, a.url)
	b.awaitMSN(103)
	for _, name := range []string{media.PlaylistName, "100.m4s", "103.m4s", p.Init} {
		got, want := b.get("/live01/"+name), a.get("/live01/"+name)
		if got.status != 200 || got.body != want.body || got.header.Get("ETag") != want.header.Get("ETag") {
			t.Errorf("%s: got %d\n%.300s\nwant that of its peer\n%.300s", name, got.status, got.body, want.body)
		}
	}
	p.publish(104, 104)
	b.awaitMSN(104)
	if got := b.get("/live01/playlist.m3u8"); got.status != 200 {
		t.Errorf("got %d %s, want it to be no worse than its peer", got.status, got.body)
	}
	if got, want := b.states(), "101 102 103 104"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	b.wantMetric(`packager_pulled_total{result="taken"} 6`)
}

func TestNothingIsPulledThatAWorkerHasBrought(t *testing.T) {
	a, p := runMachine(t, &wire{})
	b, q := runMachine(t, &wire{}, a.url)
	q.publish(100, 103)
	p.publish(100, 103)
	for msn := int64(104); msn <= 105; msn++ {
		b.step.Add(int64(2 * time.Second))
		a.step.Add(int64(2 * time.Second))
		q.publish(msn, msn)
		p.publish(msn, msn)
		b.awaitMSN(msn)
		servicetest.Await(t, "the peer is heard", func() bool {
			b.s.mu.Lock()
			defer b.s.mu.Unlock()
			heard := b.s.peers["live01"]
			return heard != nil && len(heard.heard[a.url]) > 0 && heard.heard[a.url][len(heard.heard[a.url])-1].msn == msn
		})
	}
	if m := b.get("/metrics").body; strings.Contains(m, "packager_pulled_total{") {
		t.Error("something was pulled, want nothing")
	}
}

func TestWhatComesBeforeItsTimeIsTakenLater(t *testing.T) {
	r, p := runMachine(t, &wire{})
	p.publish(100, 103) // now is 210, when 104 ends; the clocks may differ by half a second
	p.Add(104)
	p.bring(104)
	got := p.must(425, "106.m4s", p.Segment(106))
	if wait := got.header.Get("Retry-After"); wait != "4" && wait != "3" || !strings.Contains(got.body, "a clock is wrong") {
		t.Errorf("got Retry-After %s, %s", wait, got.body)
	}
	p.Add(105)
	p.Add(106)
	p.must(425, media.PlaylistName, p.List.Encode())
	r.wantMetric(`packager_early_segments_total{signal="live01"} 2`)
	r.wantMetric(`packager_ingested_total{result="early"} 2`)
	r.step.Add(int64(4 * time.Second))
	p.must(204, "106.m4s", p.Segment(106))
	p.must(204, media.PlaylistName, p.List.Encode())
}

// An encoder may count its time from anywhere in the past, and cut segments of any length.
func TestGridsOfOtherEpochsAreNeverEarly(t *testing.T) {
	r, p := runMachine(t, &wire{})
	p.must(204, p.Init, disktest.InitOf(p.Init))
	at := time.Duration(0)
	for msn, lasts := range []time.Duration{2 * time.Second, 480 * time.Millisecond, 1520 * time.Millisecond, 2 * time.Second} {
		p.must(204, media.SegmentName(int64(7_000_000+msn)), disktest.SegmentAt(at, lasts, int64(7_000_000+msn), "live01"))
		p.Add(int64(7_000_000 + msn))
		s := &p.List.Segments[len(p.List.Segments)-1]
		s.Duration, s.ProgramDateTime = lasts, time.Time{}
		at += lasts
	}
	p.playlist()
	r.awaitMSN(7_000_003)
}

func TestWhichPackagerItIs(t *testing.T) {
	for _, c := range []struct{ name, packagers, bind, want string }{
		{"by default", "", "", "http://localhost:8080"},
		{"on its address", "http://10.0.0.2:8080,http://10.0.0.1:9090,http://10.0.0.1:8080", "10.0.0.1", "http://10.0.0.1:8080"},
		{"on every address", "http://10.0.0.2:8080", "0.0.0.0", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			config, err := ConfigFromEnv(service.Environment{"PACKAGERS": c.packagers, "CONTROL_BIND_ADDRESS": c.bind, "HOME": "/nowhere", "OUTPUT_STREAM_PATH": "/nowhere"})
			if err != nil {
				t.Fatal(err)
			}
			if got := config.own(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
