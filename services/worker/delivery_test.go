package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/packager"
)

// station is a packager that takes signals by HTTP, at an address that it keeps.
type station struct {
	t       *testing.T
	address string
	window  string // WINDOW_SEGMENTS
	log     *log
	server  *http.Server
	end     func()
}

func newStation(t *testing.T) *station {
	t.Helper()
	return newStationOf(t, "10")
}

func newStationOf(t *testing.T, window string) *station {
	t.Helper()
	st := &station{t: t, address: "127.0.0.1:0", log: &log{}, window: window}
	st.start()
	return st
}

func (st *station) url() string { return "http://" + st.address }

func (st *station) start() {
	st.t.Helper()
	l, err := net.Listen("tcp", st.address)
	if err != nil {
		st.t.Fatal(err)
	}
	st.address = l.Addr().String()
	e := service.Environment{"HOME": "/nowhere", "INGEST": "http", "INGEST_TOKEN": "letmein", "PACKAGERS": "http://" + st.address, "WINDOW_SEGMENTS": st.window}
	c, err := packager.ConfigFromEnv(e)
	if err != nil {
		st.t.Fatal(err)
	}
	k := service.NewKit("packager", service.Common{LogFormat: "json", LogLevel: "debug"}, e, st.log)
	s, err := packager.New(c, k)
	if err != nil {
		st.t.Fatal(err)
	}
	st.server = &http.Server{Handler: service.Handler(s, k)}
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() { _ = s.Run(ctx) })
	group.Go(func() { _ = st.server.Serve(l) })
	var once sync.Once
	server := st.server
	st.end = func() {
		once.Do(func() {
			_ = server.Close() // at once, as a killed one
			cancel()
			group.Wait()
		})
	}
	st.t.Cleanup(st.end)
}

// get fetches a path; status 0 where nobody answers.
func (st *station) get(path string) (int, string) {
	st.t.Helper()
	res, err := http.Get(st.url() + path)
	if err != nil {
		return 0, ""
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, ""
	}
	return res.StatusCode, string(b)
}

// list is the playlist, nil where none is served.
func (st *station) list() *m3u8.MediaPlaylist {
	st.t.Helper()
	status, body := st.get("/live01/playlist.m3u8")
	if status != http.StatusOK {
		return nil
	}
	p, err := m3u8.ParseMedia([]byte(body))
	if err != nil {
		st.t.Fatal(err)
	}
	return p
}

func (st *station) newest() int64 {
	if p := st.list(); p != nil {
		return p.LastMSN()
	}
	return -1
}

// noGap fails where a playlist has a gap or a discontinuity.
func (st *station) noGap() {
	st.t.Helper()
	p := st.list()
	if p == nil {
		st.t.Fatal("no playlist")
	}
	for i, s := range p.Segments {
		if s.Gap || s.Discontinuity {
			st.t.Errorf("%s: msn %d: gap %t, discontinuity %t", st.url(), p.MediaSequence+int64(i), s.Gap, s.Discontinuity)
		}
	}
}

// deliverer is a worker without a folder.
func deliverer(t *testing.T, urls ...string) *running {
	t.Helper()
	r := folders(t, map[string]string{"live01.mp4": "film"})
	r.output = service.NoOutput
	r.env = map[string]string{"INGEST_URLS": strings.Join(urls, ","), "INGEST_TOKEN": "letmein"}
	return r
}

// deadEnd accepts connections and never says a word.
func deadEnd(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return "http://" + l.Addr().String() // its backlog accepts
}

// refusing is where nobody listens.
func refusing(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

func TestTwoWorkersThreePackagers(t *testing.T) {
	t.Parallel()
	stations := []*station{newStation(t), newStation(t), newStation(t)}
	urls := []string{refusing(t), deadEnd(t), stations[0].url(), stations[1].url(), stations[2].url()}
	one, two := deliverer(t, urls...).start(), deliverer(t, urls...).start()
	all := func(what string, is func(st *station) bool) {
		t.Helper()
		for i, st := range stations {
			await(t, fmt.Sprintf("packager %d: %s", i, what), func() bool { return is(st) })
		}
	}
	past := func(msn int64) {
		t.Helper()
		all(fmt.Sprintf("msn %d", msn), func(st *station) bool { return st.newest() >= msn })
		for _, st := range stations {
			st.noGap()
		}
	}
	all("a playlist", func(st *station) bool { return st.list() != nil })
	for _, st := range stations {
		if p := st.list(); len(p.Segments) != 10 {
			t.Errorf("the first playlist has %d segments, want the whole window", len(p.Segments))
		}
	}
	newest := stations[0].newest()
	past(newest + 2)

	t.Run("the same bytes everywhere", func(t *testing.T) {
		p := stations[0].list()
		names := []string{p.Segments[0].Map.URI}
		for _, s := range p.Segments[2:] {
			names = append(names, s.URI)
		}
		for _, name := range names {
			_, want := stations[0].get("/live01/" + name)
			for _, st := range stations[1:] {
				if status, got := st.get("/live01/" + name); status != 200 || got != want {
					t.Errorf("%s: got %d and %d bytes, want the same %d", name, status, len(got), len(want))
				}
			}
		}
		for _, st := range stations {
			if _, m := st.get("/metrics"); strings.Contains(m, "packager_conflicts_total{") {
				t.Error("there was a conflict")
			}
		}
	})
	t.Run("one worker ends: the next segment comes all the same", func(t *testing.T) {
		one.stop()
		past(stations[0].newest() + 2)
	})
	t.Run("a packager that begins anew publishes the whole window first", func(t *testing.T) {
		st := stations[2]
		st.end()
		st.start()
		var p *m3u8.MediaPlaylist
		await(t, "a playlist", func() bool { p = st.list(); return p != nil })
		if len(p.Segments) != 10 {
			t.Errorf("got %d segments, want the whole window", len(p.Segments))
		}
		past(p.LastMSN() + 1)
	})
	t.Run("both end for a moment: what was missed is brought under its numbers", func(t *testing.T) {
		two.stop()
		newest := stations[0].newest()
		await(t, "two segments to be missing", func() bool { return segmentAt(time.Now()) >= newest+3 })
		one = one.start()
		past(newest + 3)
	})
	t.Run("one packager away delays no other", func(t *testing.T) {
		stations[0].end()
		rest := stations[1:]
		newest := rest[0].newest()
		for _, st := range rest {
			await(t, "two more segments", func() bool { return st.newest() >= newest+2 })
			st.noGap()
		}
		await(t, "it to be told", func() bool {
			return len(one.log.find("packager takes nothing, trying on", "packager="+stations[0].url())) > 0
		})
		stations[0].start()
		past(newest + 2)
		await(t, "it to be told", func() bool {
			return len(one.log.find("packager takes segments again", "packager="+stations[0].url())) > 0
		})
	})
}

func TestAfterALongOutageNumbersGoOn(t *testing.T) {
	t.Parallel()
	st := newStationOf(t, "3")
	r := deliverer(t, st.url())
	r.env["WINDOW_SEGMENTS"] = "3"
	r.start()
	await(t, "a playlist", func() bool { return st.list() != nil })
	r.stop()
	before := st.list()
	await(t, "more than a window to be missing", func() bool { return segmentAt(time.Now()) > before.LastMSN()+5 })
	r.start()
	await(t, "segments again", func() bool { return st.newest() > before.LastMSN() })
	after := st.list()
	if after.MediaSequence <= before.LastMSN()+1 || after.LastMSN() < segmentAt(time.Now())-2 {
		t.Errorf("got %d to %d, want the window of now, which is %d", after.MediaSequence, after.LastMSN(), segmentAt(time.Now()))
	}
	st.noGap() // what is missing has left the window already
}

func TestAWorkerWithAFolderDeliversWhatItFoundThere(t *testing.T) {
	t.Parallel()
	st := newStation(t)
	r := deliverer(t, st.url())
	r.output = filepath.Join(t.TempDir(), "output")
	r.start().ready()
	await(t, "a playlist", func() bool { return st.list() != nil })
	r.stop()
	st.end()
	before := r.playlist("live01")
	st.start()
	r.start()
	await(t, "a playlist", func() bool { return st.list() != nil })
	if got := st.list(); got.MediaSequence < before.MediaSequence || len(got.Segments) != 10 {
		t.Errorf("got %d segments from %d, want the window that was at %d", len(got.Segments), got.MediaSequence, before.MediaSequence)
	}
	await(t, "a new segment", func() bool { return st.newest() > before.LastMSN() })
	st.noGap()
}

func TestAFilmThatVanishesEndsItsSignalAtThePackagers(t *testing.T) {
	t.Parallel()
	st := newStation(t)
	r := deliverer(t, st.url())
	r.link("live02.mp4", "film")
	r.start().ready()
	signals := func() string {
		var list []string
		_, b := st.get("/signals")
		if json.Unmarshal([]byte(b), &list) != nil {
			return "" // it has none yet
		}
		return strings.Join(list, " ")
	}
	await(t, "both signals", func() bool { return signals() == "live01 live02" })
	r.remove("live02.mp4")
	await(t, "one signal", func() bool { return signals() == "live01" })
}

func TestAWorkerWithoutTheTokenIsTold(t *testing.T) {
	t.Parallel()
	st := newStation(t)
	r := deliverer(t, st.url())
	r.env["INGEST_TOKEN"] = "wrong"
	r.start()
	await(t, "a word about it", func() bool {
		for _, l := range r.log.find("packager takes nothing, trying on") {
			if strings.Contains(l.Field("reason"), "INGEST_TOKEN") {
				return true
			}
		}
		return false
	})
	if status, b := st.get("/signals/live01"); status != http.StatusNotFound {
		t.Errorf("got %d %s, want nothing taken", status, b)
	}
}

func TestDeliverySettings(t *testing.T) {
	for _, c := range []struct {
		name string
		env  service.Environment
		bad  string
	}{
		{"a folder", service.Environment{}, ""},
		{"packagers as well", service.Environment{"INGEST_URLS": "http://a:1,http://b:2"}, ""},
		{"packagers alone", service.Environment{"INGEST_URLS": "http://a:1", "OUTPUT_STREAM_PATH": "none"}, ""},
		{"neither", service.Environment{"OUTPUT_STREAM_PATH": "none"}, "OUTPUT_STREAM_PATH"},
		{"no URL", service.Environment{"INGEST_URLS": "a"}, "INGEST_URLS"},
		{"a token that cannot be sent", service.Environment{"INGEST_TOKEN": "two words"}, "INGEST_TOKEN"},
	} {
		c.env["HOME"], c.env["FFMPEG_PATH"], c.env["FFPROBE_PATH"] = "/nowhere", "sh", "sh"
		_, err := ConfigFromEnv(c.env)
		var config *service.ConfigError
		switch {
		case c.bad == "" && err != nil:
			t.Errorf("%s: got %v, want it allowed", c.name, err)
		case c.bad != "" && (!errors.As(err, &config) || config.Problems[0].Variable != c.bad || strings.Contains(err.Error(), "two words")):
			t.Errorf("%s: got %v, want %s named", c.name, err, c.bad)
		}
	}
}
