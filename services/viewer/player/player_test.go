package player

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/viewer/rules"
	"livestream-tui/services/viewer/stationtest"
)

func TestACleanStationGivesACleanReport(t *testing.T) {
	for _, c := range []struct {
		name    string
		station func(*stationtest.Station)
		options Options
	}{
		{"fMP4", func(*stationtest.Station) {}, Options{}},
		{"MPEG-TS", func(s *stationtest.Station) { s.TS = true }, Options{}},
		{"segments shorter than the target duration", func(s *stationtest.Station) { s.TD, s.Duration, s.Window = 2, 1500*time.Millisecond, 6 }, Options{}},
		{"read slowly", func(*stationtest.Station) {}, Options{Pace: 0.8}},
		{"everything looked at", func(*stationtest.Station) {}, Options{Every: 1}},
		{"begun late", func(*stationtest.Station) {}, Options{StartDelay: 430 * time.Millisecond}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := stationtest.New()
			c.station(s)
			r := watch(t, s, c.options, time.Minute)
			for _, v := range r.Violations {
				t.Errorf("violation: %s", v)
			}
			for _, f := range r.Failures {
				t.Errorf("failed: %s: %s", f.URL, f.Err)
			}
			for _, s := range r.Stalls {
				t.Errorf("stall of %s", s.Length)
			}
			if r.State != event.ViewPlaying || r.Requests < 60 || r.Bytes == 0 || r.Bitrate == 0 || r.Packager != "http://packager" {
				t.Errorf("got %+v, want one that plays", r.Status)
			}
			if least, most := s.Duration, 4*s.Duration; r.Latency < least || r.Latency > most {
				t.Errorf("latency: got %s, want %s to %s", r.Latency, least, most)
			}
			if c.name == "fMP4" && r.Latency != 3*time.Second {
				t.Errorf("latency: got %s, want what it started behind", r.Latency)
			}
			if got := r.Listed - r.MSN; got > 1 {
				t.Errorf("msn: got %d of %d listed", r.MSN, r.Listed)
			}
			if r.Starved != 0 || r.Skipped != 0 || r.GaveUp != 0 || r.Reloaded != 0 {
				t.Errorf("got %+v, want nothing out of the ordinary", r.Status)
			}
			if sum := Summarize([]Report{r}); !sum.Clean() {
				t.Errorf("got the summary %s, want a clean one", sum)
			}
		})
	}
}

func TestStalls(t *testing.T) {
	const there = 115
	for _, c := range []struct {
		name        string
		station     func(*stationtest.Station)
		least, most time.Duration // of the one stall
		failed      int
	}{
		{"a segment hangs before its first byte", func(s *stationtest.Station) {
			s.OnRequest = stationtest.At(there, func(http.ResponseWriter) { time.Sleep(8 * time.Second) })
		}, 4 * time.Second, 7 * time.Second, 0},
		{"a segment hangs in mid-body", func(s *stationtest.Station) {
			s.OnRequest = stationtest.At(there, func(w http.ResponseWriter) {
				b := s.Body(there)
				w.Header().Set("Content-Length", strconv.Itoa(len(b)))
				_, _ = w.Write(b[:300])
				_ = http.NewResponseController(w).Flush()
				time.Sleep(9 * time.Second)
				_, _ = w.Write(b[300:])
			})
		}, 5 * time.Second, 8 * time.Second, 0},
		{"a segment never comes: after 10 s it is asked for again", func(s *stationtest.Station) {
			s.Window = 20
			s.OnRequest = stationtest.At(125, func(http.ResponseWriter) { time.Sleep(40 * time.Second) })
		}, 7 * time.Second, 10 * time.Second, 1},
		{"the server is away for a while", func(s *stationtest.Station) {
			s.Window = 20
			s.OnRequest = func(http.ResponseWriter, *http.Request, int64) bool {
				if s.Newest() >= 125 && s.Newest() < 131 {
					panic(http.ErrAbortHandler)
				}
				return false
			}
		}, 2 * time.Second, 8 * time.Second, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := stationtest.New()
			c.station(s)
			var told []Stall
			r := watch(t, s, Options{OnStall: func(s Stall) { told = append(told, s) }}, time.Minute)
			if len(r.Stalls) != 1 || r.StallCount != 1 || r.Stalls[0].Length < c.least || r.Stalls[0].Length > c.most {
				t.Fatalf("got the stalls %+v, want one of %s to %s", r.Stalls, c.least, c.most)
			}
			if r.Stalled != r.Stalls[0].Length || r.LongestStall != r.Stalled || !slices.Equal(told, r.Stalls) {
				t.Errorf("got %s in all, %s at most, told %+v, want what is listed: %+v", r.Stalled, r.LongestStall, told, r.Stalls)
			}
			if r.State != event.ViewPlaying || r.Failed != c.failed {
				t.Errorf("got %s with %d failed requests (%+v), want it to play, with %d", r.State, r.Failed, r.Failures, c.failed)
			}
		})
	}
}

func TestAStallThatLastsIsInTheReport(t *testing.T) {
	s := stationtest.New()
	s.OnRequest = func(http.ResponseWriter, *http.Request, int64) bool {
		if s.Newest() > 114 {
			panic(http.ErrAbortHandler)
		}
		return false
	}
	r := watch(t, s, Options{}, 40*time.Second)
	if r.State != event.ViewStalled || r.Standing < 25*time.Second || r.StallCount != 1 || len(r.Stalls) != 1 || !r.Stalls[0].Lasts || r.LongestStall != r.Standing {
		t.Errorf("got %+v, %+v, want one stall that lasts", r.Status, r.Stalls)
	}
	if r.GaveUp == 0 {
		t.Error("got a player that never gives up, want hls.js's patience to end")
	}
}

func TestAGapIsNoStall(t *testing.T) {
	gap := func(s *stationtest.Station, first, last int64) {
		s.OnList = func(p *m3u8.MediaPlaylist, _ int64) {
			for i := range p.Segments {
				msn := p.MediaSequence + int64(i)
				p.Segments[i].Gap = msn >= first && msn <= last
			}
		}
		s.OnRequest = func(w http.ResponseWriter, r *http.Request, msn int64) bool {
			if msn < first || msn > last {
				return false
			}
			http.NotFound(w, r)
			return true
		}
	}
	s := stationtest.New()
	gap(s, 110, 116)
	r := watch(t, s, Options{Every: 1}, 30*time.Second)
	if r.Violated != 0 || r.Failed != 0 || r.StallCount != 0 || r.Gaps != 7 || r.State != event.ViewPlaying {
		t.Errorf("got %+v with %v, want 7 segments passed over and nothing else", r.Status, r.Violations)
	}
}

func TestADiscontinuityMayChangeEverything(t *testing.T) {
	const there = 110
	s := stationtest.New()
	s.OnList = remap(there, true)
	s.OnBody = func(b []byte, msn int64) []byte {
		if msn < there {
			return b
		}
		return stationtest.Segment(time.Duration(msn-there)*time.Second, time.Second, uint32(msn), 1000)
	}
	r := watch(t, s, Options{}, 30*time.Second)
	if r.Violated != 0 || r.StallCount != 0 {
		t.Errorf("got %v, want nothing", r.Violations)
	}
}

func TestAPlayerGivesUpWhereHLSJSDoes(t *testing.T) {
	for _, c := range []struct {
		name   string
		failed int64 // times that the segment fails
		want   int
	}{{"not yet", segmentRetries, 0}, {"now, and once", segmentRetries + 3, 1}} {
		t.Run(c.name, func(t *testing.T) {
			s := stationtest.New()
			s.Window = 90
			var n atomic.Int64
			s.OnRequest = func(w http.ResponseWriter, _ *http.Request, msn int64) bool {
				if msn != 192 || n.Add(1) > c.failed {
					return false
				}
				w.WriteHeader(http.StatusBadGateway)
				return true
			}
			r := watch(t, s, Options{Every: 1000}, 90*time.Second)
			if r.GaveUp != c.want || r.Failed != int(c.failed) || r.State != event.ViewPlaying || r.StallCount != 1 {
				t.Errorf("got %+v, want to give up %d times", r.Status, c.want)
			}
		})
	}
}

func TestAPlayerThatWasLeftBehindIsReloaded(t *testing.T) {
	// Everything began again at 0 under the same names: players freeze. A viewer
	// would press reload.
	s := stationtest.New()
	s.OnList = func(p *m3u8.MediaPlaylist, newest int64) {
		if newest > 114 {
			*p = *s.Playlist(newest - 90)
		}
	}
	r := watch(t, s, Options{}, time.Minute)
	if r.Reloaded != 1 || r.StallCount != 1 || r.LongestStall < reloadAfter || r.State != event.ViewPlaying || r.Broken(rules.Sequence) != 1 {
		t.Errorf("got %+v with %v, want one long stall and a reload", r.Status, r.Violations)
	}
}

func TestAStarvedPlayerSaysSo(t *testing.T) {
	p, err := New(Options{URL: "http://proxy/live01/playlist.m3u8"})
	if err != nil {
		t.Fatal(err)
	}
	due := time.Now()
	p.woke(due, due.Add(late))
	if got := p.Status().Starved; got != 0 {
		t.Errorf("got %s, want nothing noticed", got)
	}
	p.woke(due, due.Add(2*time.Second))
	if r := p.Report(); r.Starved != 2*time.Second || len(r.Starvation) != 1 || !p.starvedSince(due.Add(time.Second)) || p.starvedSince(due.Add(3*time.Second)) {
		t.Errorf("got %s, %+v, want 2s since then", r.Starved, r.Starvation)
	}
}

func TestNewPlayerRefusesWhatIsNoURL(t *testing.T) {
	for _, url := range []string{"", "live01/playlist.m3u8", "ftp://proxy/x", "http://", "http://pro\x7fxy/"} {
		if _, err := New(Options{URL: url}); err == nil {
			t.Errorf("%q: got a player, want an error", url)
		}
	}
}

func TestAPlayerEndsWellWhateverEndsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, s := stationtest.NewWire(), stationtest.New()
		s.Began = time.Now()
		defer n.Serve("proxy", s)()
		client := n.Client()
		defer client.CloseIdleConnections()
		p, err := New(Options{URL: "http://proxy/live01/playlist.m3u8", Client: client})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := p.Run(ctx); err != nil {
			t.Errorf("got %v, want a clean end", err)
		}
		if r := p.Report(); r.Failed != 0 || r.MSN < 110 {
			t.Errorf("got %+v, want it to have played", r.Status)
		}
	})
}
