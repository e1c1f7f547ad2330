package player

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/viewer/rules"
	"livestream-tui/services/viewer/stationtest"
)

func TestAPlayerStartsThreeTargetDurationsBehind(t *testing.T) {
	for _, c := range []struct {
		name    string
		station func(*stationtest.Station)
		want    string
	}{
		{"of one second", func(*stationtest.Station) {}, "GET /live01/102.m4s"},
		{"longer than the segments", func(s *stationtest.Station) { s.TD, s.Duration, s.Window = 2, time.Second, 10 }, "GET /live01/104.m4s"},
		{"or more, where the server holds back more", func(s *stationtest.Station) {
			s.OnList = func(p *m3u8.MediaPlaylist, _ int64) { p.ServerControl = &m3u8.ServerControl{HoldBack: 4 * time.Second} }
		}, "GET /live01/101.m4s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := stationtest.New()
			c.station(s)
			watch(t, s, Options{}, time.Second/2)
			if got := s.Requests(".m4s"); len(got) < 3 || got[0] != c.want {
				t.Errorf("got %v, want %s first", got, c.want)
			}
		})
	}
}

func TestByteRangesOfOneFile(t *testing.T) {
	s := stationtest.New()
	s.Window = 4
	var file []byte
	size := len(s.Body(s.First))
	for msn := s.First; msn < s.First+40; msn++ {
		file = append(file, s.Body(msn)...)
	}
	s.OnList = func(p *m3u8.MediaPlaylist, _ int64) {
		for i := range p.Segments {
			r := &m3u8.ByteRange{Length: int64(size), Offset: -1}
			if i == 0 {
				r.Offset = (p.MediaSequence - s.First) * int64(size)
			}
			p.Segments[i].URI, p.Segments[i].ByteRange = "all.mp4", r
		}
	}
	s.OnRequest = func(w http.ResponseWriter, r *http.Request, _ int64) bool {
		if !strings.HasSuffix(r.URL.Path, "all.mp4") {
			return false
		}
		http.ServeContent(w, r, "all.mp4", time.Time{}, bytes.NewReader(file))
		return true
	}
	r := watch(t, s, Options{}, 30*time.Second)
	if r.Violated != 0 || r.Failed != 0 || r.State != event.ViewPlaying || r.MSN < 130 {
		t.Errorf("got %+v with %v %v, want it to play", r.Status, r.Violations, r.Failures)
	}
}

func TestASlowReaderHasATransferInFlight(t *testing.T) {
	for _, c := range []struct {
		name    string
		options Options
		least   float64 // part of the time
	}{
		{"as fast as it comes", Options{}, 0},
		{"over most of a segment's duration", Options{Pace: 0.8}, 0.7},
		{"at so many bytes a second", Options{BitrateLimit: 120_000}, 0.7},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := stationtest.New()
			s.Size = 100_000
			r := watch(t, s, c.options, 60*time.Second)
			var flying time.Duration
			for _, q := range r.Transfers {
				flying += q.Length
			}
			if got := flying.Seconds() / 60; got < c.least || c.least == 0 && got > 0.01 {
				t.Errorf("got a transfer in flight for %.2f of the time, want %.2f", got, c.least)
			}
			if r.StallCount != 0 || r.Violated != 0 || r.Failed != 0 {
				t.Errorf("got %d stalls, %v, %v, want none", r.StallCount, r.Violations, r.Failures)
			}
		})
	}
}

func TestASlowReaderHurriesBeforeItStalls(t *testing.T) {
	s := stationtest.New()
	s.Size = 100_000
	r := watch(t, s, Options{Pace: 1.5}, 60*time.Second)
	if r.StallCount != 0 || r.State != event.ViewPlaying {
		t.Errorf("got %+v, want no stall", r.Status)
	}
}

func TestAPlayerThatFellOutOfTheWindowGoesOn(t *testing.T) {
	s := stationtest.New()
	s.OnRequest = stationtest.At(115, func(http.ResponseWriter) { time.Sleep(9 * time.Second) })
	s.Window = 4
	r := watch(t, s, Options{}, time.Minute)
	if r.Skipped == 0 || r.State != event.ViewPlaying || r.Broken(rules.Media) != 0 {
		t.Errorf("got %+v with %v, want it to go on", r.Status, r.Violations)
	}
}
