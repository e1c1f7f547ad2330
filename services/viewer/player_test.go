package viewer

import (
	"testing"
	"time"

	"livestream-tui/services/report"
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
			if r.State != report.ViewPlaying || r.Requests < 60 || r.Bytes == 0 || r.Bitrate == 0 || r.Packager != "http://packager" {
				t.Errorf("got %+v, want one that plays", r.PlayerStatus)
			}
			if least, most := s.duration, 4*s.duration; r.Latency < least || r.Latency > most {
				t.Errorf("latency: got %s, want %s to %s", r.Latency, least, most)
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
