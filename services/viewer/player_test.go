package viewer

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/event"
)

func TestACleanStationGivesACleanReport(t *testing.T) {
	for _, c := range []struct {
		name    string
		station func(*station)
		options PlayerOptions
	}{
		{"fMP4", func(*station) {}, PlayerOptions{}},
		{"MPEG-TS", func(s *station) { s.ts = true }, PlayerOptions{}},
		{"segments shorter than the target duration", func(s *station) { s.td, s.duration, s.window = 2, 1500*time.Millisecond, 6 }, PlayerOptions{}},
		{"read slowly", func(*station) {}, PlayerOptions{Pace: 0.8}},
		{"everything looked at", func(*station) {}, PlayerOptions{Every: 1}},
		{"begun late", func(*station) {}, PlayerOptions{StartDelay: 430 * time.Millisecond}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStation()
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
				t.Errorf("got %+v, want one that plays", r.PlayerStatus)
			}
			if least, most := s.duration, 4*s.duration; r.Latency < least || r.Latency > most {
				t.Errorf("latency: got %s, want %s to %s", r.Latency, least, most)
			}
			if c.name == "fMP4" && r.Latency != 3*time.Second {
				t.Errorf("latency: got %s, want what it started behind", r.Latency)
			}
			if got := r.Listed - r.MSN; got > 1 {
				t.Errorf("msn: got %d of %d listed", r.MSN, r.Listed)
			}
			if r.Starved != 0 || r.Skipped != 0 || r.GaveUp != 0 || r.Reloaded != 0 {
				t.Errorf("got %+v, want nothing out of the ordinary", r.PlayerStatus)
			}
			if sum := Summarize([]PlayerReport{r}); !sum.Clean() {
				t.Errorf("got the summary %s, want a clean one", sum)
			}
		})
	}
}

func TestStalls(t *testing.T) {
	const there = 115
	for _, c := range []struct {
		name        string
		station     func(*station)
		least, most time.Duration // of the one stall
		failed      int
	}{
		{"a segment hangs before its first byte", func(s *station) {
			s.onRequest = at(there, func(http.ResponseWriter) { time.Sleep(8 * time.Second) })
		}, 4 * time.Second, 7 * time.Second, 0},
		{"a segment hangs in mid-body", func(s *station) {
			s.onRequest = at(there, func(w http.ResponseWriter) {
				b := s.body(there)
				w.Header().Set("Content-Length", strconv.Itoa(len(b)))
				_, _ = w.Write(b[:300])
				_ = http.NewResponseController(w).Flush()
				time.Sleep(9 * time.Second)
				_, _ = w.Write(b[300:])
			})
		}, 5 * time.Second, 8 * time.Second, 0},
		{"a segment never comes: after 10 s it is asked for again", func(s *station) {
			s.window = 20
			s.onRequest = at(125, func(http.ResponseWriter) { time.Sleep(40 * time.Second) })
		}, 7 * time.Second, 10 * time.Second, 1},
		{"the server is away for a while", func(s *station) {
			s.window = 20
			s.onRequest = func(http.ResponseWriter, *http.Request, int64) bool {
				if s.newest() >= 125 && s.newest() < 131 {
					panic(http.ErrAbortHandler)
				}
				return false
			}
		}, 2 * time.Second, 8 * time.Second, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStation()
			c.station(s)
			var told []Stall
			r := watch(t, s, PlayerOptions{OnStall: func(s Stall) { told = append(told, s) }}, time.Minute)
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
	s := newStation()
	s.onRequest = func(http.ResponseWriter, *http.Request, int64) bool {
		if s.newest() > 114 {
			panic(http.ErrAbortHandler)
		}
		return false
	}
	r := watch(t, s, PlayerOptions{}, 40*time.Second)
	if r.State != event.ViewStalled || r.Standing < 25*time.Second || r.StallCount != 1 || len(r.Stalls) != 1 || !r.Stalls[0].Lasts || r.LongestStall != r.Standing {
		t.Errorf("got %+v, %+v, want one stall that lasts", r.PlayerStatus, r.Stalls)
	}
	if r.GaveUp == 0 {
		t.Error("got a player that never gives up, want hls.js's patience to end")
	}
}

func TestAGapIsNoStall(t *testing.T) {
	gap := func(s *station, first, last int64) {
		s.onList = func(p *m3u8.MediaPlaylist, _ int64) {
			for i := range p.Segments {
				msn := p.MediaSequence + int64(i)
				p.Segments[i].Gap = msn >= first && msn <= last
			}
		}
		s.onRequest = func(w http.ResponseWriter, r *http.Request, msn int64) bool {
			if msn < first || msn > last {
				return false
			}
			http.NotFound(w, r)
			return true
		}
	}
	s := newStation()
	gap(s, 110, 116)
	r := watch(t, s, PlayerOptions{Every: 1}, 30*time.Second)
	if r.Violated != 0 || r.Failed != 0 || r.StallCount != 0 || r.Gaps != 7 || r.State != event.ViewPlaying {
		t.Errorf("got %+v with %v, want 7 segments passed over and nothing else", r.PlayerStatus, r.Violations)
	}
}

func TestADiscontinuityMayChangeEverything(t *testing.T) {
	const there = 110
	s := newStation()
	s.onList = remap(there, true)
	s.onBody = func(b []byte, msn int64) []byte {
		if msn < there {
			return b
		}
		return slicesOf(time.Duration(msn-there)*time.Second, time.Second, uint32(msn), 1000)
	}
	r := watch(t, s, PlayerOptions{}, 30*time.Second)
	if r.Violated != 0 || r.StallCount != 0 {
		t.Errorf("got %v, want nothing", r.Violations)
	}
}

func TestAPlayerReloadsAsTheRFCHasIt(t *testing.T) {
	// The playlist has a new segment every 3 s and a target duration of 2: a load
	// that brings none is followed by one half a target duration later. They come at
	// 1, 4, 7, ... seconds.
	s := newStation()
	s.td, s.window = 2, 9
	s.onList = func(p *m3u8.MediaPlaylist, newest int64) { *p = *s.playlist(newest - newest%3) }
	s.first = 99
	r := watch(t, s, PlayerOptions{}, 20*time.Second)
	var loads []time.Duration
	for _, q := range r.Transfers {
		if strings.HasSuffix(q.URL, "playlist.m3u8") {
			loads = append(loads, q.At.Sub(s.began))
		}
	}
	want := []time.Duration{0, 2, 4, 6, 7, 9, 10, 12, 13, 15, 16, 18, 19}
	for i := range want {
		want[i] *= time.Second
	}
	if !slices.Equal(loads, want) {
		t.Errorf("got loads at %v, want %v", loads, want)
	}
}

func TestAPlayerStartsThreeTargetDurationsBehind(t *testing.T) {
	for _, c := range []struct {
		name    string
		station func(*station)
		want    string
	}{
		{"of one second", func(*station) {}, "GET /live01/102.m4s"},
		{"longer than the segments", func(s *station) { s.td, s.duration, s.window = 2, time.Second, 10 }, "GET /live01/104.m4s"},
		{"or more, where the server holds back more", func(s *station) {
			s.onList = func(p *m3u8.MediaPlaylist, _ int64) { p.ServerControl = &m3u8.ServerControl{HoldBack: 4 * time.Second} }
		}, "GET /live01/101.m4s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStation()
			c.station(s)
			watch(t, s, PlayerOptions{}, time.Second/2)
			if got := s.requests(".m4s"); len(got) < 3 || got[0] != c.want {
				t.Errorf("got %v, want %s first", got, c.want)
			}
		})
	}
}

func TestByteRangesOfOneFile(t *testing.T) {
	s := newStation()
	s.window = 4
	var file []byte
	size := len(s.body(s.first))
	for msn := s.first; msn < s.first+40; msn++ {
		file = append(file, s.body(msn)...)
	}
	s.onList = func(p *m3u8.MediaPlaylist, _ int64) {
		for i := range p.Segments {
			r := &m3u8.ByteRange{Length: int64(size), Offset: -1}
			if i == 0 {
				r.Offset = (p.MediaSequence - s.first) * int64(size)
			}
			p.Segments[i].URI, p.Segments[i].ByteRange = "all.mp4", r
		}
	}
	s.onRequest = func(w http.ResponseWriter, r *http.Request, _ int64) bool {
		if !strings.HasSuffix(r.URL.Path, "all.mp4") {
			return false
		}
		http.ServeContent(w, r, "all.mp4", time.Time{}, bytes.NewReader(file))
		return true
	}
	r := watch(t, s, PlayerOptions{}, 30*time.Second)
	if r.Violated != 0 || r.Failed != 0 || r.State != event.ViewPlaying || r.MSN < 130 {
		t.Errorf("got %+v with %v %v, want it to play", r.PlayerStatus, r.Violations, r.Failures)
	}
}

func TestASlowReaderHasATransferInFlight(t *testing.T) {
	for _, c := range []struct {
		name    string
		options PlayerOptions
		least   float64 // part of the time
	}{
		{"as fast as it comes", PlayerOptions{}, 0},
		{"over most of a segment's duration", PlayerOptions{Pace: 0.8}, 0.7},
		{"at so many bytes a second", PlayerOptions{BitrateLimit: 120_000}, 0.7},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStation()
			s.size = 100_000
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
	s := newStation()
	s.size = 100_000
	r := watch(t, s, PlayerOptions{Pace: 1.5}, 60*time.Second)
	if r.StallCount != 0 || r.State != event.ViewPlaying {
		t.Errorf("got %+v, want no stall", r.PlayerStatus)
	}
}

func TestAPlayerGivesUpWhereHLSJSDoes(t *testing.T) {
	for _, c := range []struct {
		name   string
		failed int64 // times that the segment fails
		want   int
	}{{"not yet", segmentRetries, 0}, {"now, and once", segmentRetries + 3, 1}} {
		t.Run(c.name, func(t *testing.T) {
			s := newStation()
			s.window = 90
			var n atomic.Int64
			s.onRequest = func(w http.ResponseWriter, _ *http.Request, msn int64) bool {
				if msn != 192 || n.Add(1) > c.failed {
					return false
				}
				w.WriteHeader(http.StatusBadGateway)
				return true
			}
			r := watch(t, s, PlayerOptions{Every: 1000}, 90*time.Second)
			if r.GaveUp != c.want || r.Failed != int(c.failed) || r.State != event.ViewPlaying || r.StallCount != 1 {
				t.Errorf("got %+v, want to give up %d times", r.PlayerStatus, c.want)
			}
		})
	}
}

func TestAPatientPlayerWaitsForTheFirstPlaylist(t *testing.T) {
	for _, patient := range []bool{true, false} {
		s := newStation()
		s.onRequest = func(w http.ResponseWriter, _ *http.Request, _ int64) bool {
			if time.Since(s.began) > 20*time.Second {
				return false
			}
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		}
		r := watch(t, s, PlayerOptions{Patient: patient}, time.Minute)
		if r.State != event.ViewPlaying || (r.Failed == 0) != patient || (r.GaveUp == 0) != patient {
			t.Errorf("patient %t: got %+v, want failures only when not", patient, r.PlayerStatus)
		}
	}
}

func TestAPlayerThatWasLeftBehindIsReloaded(t *testing.T) {
	// Everything began again at 0 under the same names: players freeze. A viewer
	// would press reload.
	s := newStation()
	s.onList = func(p *m3u8.MediaPlaylist, newest int64) {
		if newest > 114 {
			*p = *s.playlist(newest - 90)
		}
	}
	r := watch(t, s, PlayerOptions{}, time.Minute)
	if r.Reloaded != 1 || r.StallCount != 1 || r.LongestStall < reloadAfter || r.State != event.ViewPlaying || r.Broken(RuleSequence) != 1 {
		t.Errorf("got %+v with %v, want one long stall and a reload", r.PlayerStatus, r.Violations)
	}
}

func TestAPlayerThatFellOutOfTheWindowGoesOn(t *testing.T) {
	s := newStation()
	s.onRequest = at(115, func(http.ResponseWriter) { time.Sleep(9 * time.Second) })
	s.window = 4
	r := watch(t, s, PlayerOptions{}, time.Minute)
	if r.Skipped == 0 || r.State != event.ViewPlaying || r.Broken(RuleMedia) != 0 {
		t.Errorf("got %+v with %v, want it to go on", r.PlayerStatus, r.Violations)
	}
}

func TestSegmentsThatLeftAreLookedAt(t *testing.T) {
	s := newStation()
	watch(t, s, PlayerOptions{Every: 5}, 30*time.Second)
	for _, want := range []string{"HEAD /live01/105.m4s", "HEAD /live01/110.m4s", "HEAD /live01/115.m4s"} {
		if got := s.requests(want); len(got) != 1 {
			t.Errorf("got %v, want one %s", got, want)
		}
	}
}

func TestAStarvedPlayerSaysSo(t *testing.T) {
	p, err := NewPlayer(PlayerOptions{URL: "http://proxy/live01/playlist.m3u8"})
	if err != nil {
		t.Fatal(err)
	}
	due := time.Now()
	p.felt(due, due.Add(late))
	if got := p.Status().Starved; got != 0 {
		t.Errorf("got %s, want nothing noticed", got)
	}
	p.felt(due, due.Add(2*time.Second))
	if r := p.Report(); r.Starved != 2*time.Second || len(r.Starvation) != 1 || !p.starvedSince(due.Add(time.Second)) || p.starvedSince(due.Add(3*time.Second)) {
		t.Errorf("got %s, %+v, want 2s since then", r.Starved, r.Starvation)
	}
}

func TestNewPlayerRefusesWhatIsNoURL(t *testing.T) {
	for _, url := range []string{"", "live01/playlist.m3u8", "ftp://proxy/x", "http://", "http://pro\x7fxy/"} {
		if _, err := NewPlayer(PlayerOptions{URL: url}); err == nil {
			t.Errorf("%q: got a player, want an error", url)
		}
	}
}

func TestAPlayerEndsWellWhateverEndsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, s := newWire(), newStation()
		s.began = time.Now()
		defer n.serve("proxy", s)()
		client := n.client()
		defer client.CloseIdleConnections()
		p, err := NewPlayer(PlayerOptions{URL: "http://proxy/live01/playlist.m3u8", Client: client})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := p.Run(ctx); err != nil {
			t.Errorf("got %v, want a clean end", err)
		}
		if r := p.Report(); r.Failed != 0 || r.MSN < 110 {
			t.Errorf("got %+v, want it to have played", r.PlayerStatus)
		}
	})
}
