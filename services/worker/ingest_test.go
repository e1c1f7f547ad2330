package worker

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/service"
)

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

// refusing is an address that refuses connections.
func refusing(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

// cluster is two workers that send to three packagers, and to two that do not answer.
type cluster struct {
	t        *testing.T
	stations []*station
	one, two *running
}

// newCluster returns a cluster all of whose packagers have a playlist.
func newCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{t: t, stations: []*station{newStation(t), newStation(t), newStation(t)}}
	urls := []string{refusing(t), deadEnd(t)}
	for _, st := range c.stations {
		urls = append(urls, st.url())
	}
	c.one, c.two = deliverer(t, urls...).start(), deliverer(t, urls...).start()
	c.all("a playlist", func(st *station) bool { return st.list() != nil })
	return c
}

// all waits until something is so of every packager.
func (c *cluster) all(what string, is func(st *station) bool) {
	c.t.Helper()
	for i, st := range c.stations {
		await(c.t, fmt.Sprintf("packager %d: %s", i, what), func() bool { return is(st) })
	}
}

// past waits until every packager lists a segment, and checks that none has a gap.
func (c *cluster) past(msn int64) {
	c.t.Helper()
	c.all(fmt.Sprintf("msn %d", msn), func(st *station) bool { return st.newest() >= msn })
	for _, st := range c.stations {
		st.noGap()
	}
}

func TestTwoWorkersThreePackagers(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	for _, st := range c.stations {
		if p := st.list(); len(p.Segments) != 10 {
			t.Errorf("the first playlist has %d segments, want the whole window", len(p.Segments))
		}
	}
	c.past(c.stations[0].newest() + 2)
	p := c.stations[0].list()
	names := []string{p.Segments[0].Map.URI}
	for _, s := range p.Segments[2:] {
		names = append(names, s.URI)
	}
	for _, name := range names {
		_, want := c.stations[0].get("/live01/" + name)
		for _, st := range c.stations[1:] {
			if status, got := st.get("/live01/" + name); status != 200 || got != want {
				t.Errorf("%s: got %d and %d bytes, want the same %d", name, status, len(got), len(want))
			}
		}
	}
	for _, st := range c.stations {
		if _, m := st.get("/metrics"); strings.Contains(m, "packager_conflicts_total{") {
			t.Error("there was a conflict")
		}
	}
}

func TestOneWorkerEndsAndTheNextSegmentComesAllTheSame(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.one.stop()
	c.past(c.stations[0].newest() + 2)
	t.Run("a packager that begins anew publishes the whole window first", func(t *testing.T) {
		st := c.stations[2]
		st.end()
		st.start()
		var p *m3u8.MediaPlaylist
		await(t, "a playlist", func() bool { p = st.list(); return p != nil })
		if len(p.Segments) != 10 {
			t.Errorf("got %d segments, want the whole window", len(p.Segments))
		}
		c.past(p.LastMSN() + 1)
	})
}

func TestWhatWasMissedWhileBothWorkersWereAwayComesUnderItsNumbers(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.past(c.stations[0].newest())
	c.one.stop()
	c.two.stop()
	newest := c.stations[0].newest()
	await(t, "two segments to be missing", func() bool { return segmentAt(time.Now()) >= newest+3 })
	c.one.start()
	c.past(newest + 3)
}

func TestOnePackagerAwayDelaysNoOther(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	away, rest := c.stations[0], c.stations[1:]
	away.end()
	newest := rest[0].newest()
	for _, st := range rest {
		await(t, "two more segments", func() bool { return st.newest() >= newest+2 })
		st.noGap()
	}
	await(t, "it is in the log", func() bool {
		return len(c.one.log.find("packager accepts nothing, still trying", "packager="+away.url())) > 0
	})
	away.start()
	c.past(newest + 2)
	await(t, "it is in the log", func() bool {
		return len(c.one.log.find("packager accepts segments again", "packager="+away.url())) > 0
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
	if after := st.list(); after.MediaSequence <= before.LastMSN()+1 {
		t.Errorf("got segments from %d, want none of those that were missed after %d", after.MediaSequence, before.LastMSN())
	}
	await(t, "the window of now", func() bool { return st.newest() >= segmentAt(time.Now())-2 })
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
		for _, l := range r.log.find("packager accepts nothing, still trying") {
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
