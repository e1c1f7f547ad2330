package player

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/viewer/stationtest"
)

func TestAPlayerReloadsAsTheRFCHasIt(t *testing.T) {
	// The playlist has a new segment every 3 s and a target duration of 2: a load
	// that brings none is followed by one half a target duration later. They come at
	// 1, 4, 7, ... seconds.
	s := stationtest.New()
	s.TD, s.Window = 2, 9
	s.OnList = func(p *m3u8.MediaPlaylist, newest int64) { *p = *s.Playlist(newest - newest%3) }
	s.First = 99
	r := watch(t, s, Options{}, 20*time.Second)
	var loads []time.Duration
	for _, q := range r.Transfers {
		if strings.HasSuffix(q.URL, "playlist.m3u8") {
			loads = append(loads, q.At.Sub(s.Began))
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

func TestAPatientPlayerWaitsForTheFirstPlaylist(t *testing.T) {
	for _, patient := range []bool{true, false} {
		s := stationtest.New()
		s.OnRequest = func(w http.ResponseWriter, _ *http.Request, _ int64) bool {
			if time.Since(s.Began) > 20*time.Second {
				return false
			}
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		}
		r := watch(t, s, Options{Patient: patient}, time.Minute)
		if r.State != event.ViewPlaying || (r.Failed == 0) != patient || (r.GaveUp == 0) != patient {
			t.Errorf("patient %t: got %+v, want failures only when not", patient, r.Status)
		}
	}
}

func TestSegmentsThatLeftAreLookedAt(t *testing.T) {
	s := stationtest.New()
	watch(t, s, Options{Every: 5}, 30*time.Second)
	for _, want := range []string{"HEAD /live01/105.m4s", "HEAD /live01/110.m4s", "HEAD /live01/115.m4s"} {
		if got := s.Requests(want); len(got) != 1 {
			t.Errorf("got %v, want one %s", got, want)
		}
	}
}
