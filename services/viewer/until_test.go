package viewer

import (
	"net/http"
	"testing"
	"time"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/viewer/stationtest"
)

// TestAPlayerSaysWhenItsMediaEnds cuts a player off: what it says from then on is the moment
// at which its picture stands still.
func TestAPlayerSaysWhenItsMediaEnds(t *testing.T) {
	const last = 119
	for name, dead := range map[string]func(s *stationtest.Station, msn int64) bool{
		"the playlist is gone":            func(s *stationtest.Station, _ int64) bool { return s.Newest() > last },
		"the segments of a list are gone": func(_ *stationtest.Station, msn int64) bool { return msn > last },
	} {
		t.Run(name, func(t *testing.T) {
			s := stationtest.New()
			s.OnRequest = func(_ http.ResponseWriter, _ *http.Request, msn int64) bool {
				if dead(s, msn) {
					panic(http.ErrAbortHandler)
				}
				return false
			}
			inPlatform(t, nil, s, func(t *testing.T, p *platform) {
				s.Began = time.Now()
				p.origin.name("live01")
				time.Sleep(30 * time.Second)
				told := p.journal.outages(t)
				if len(told) == 0 {
					t.Fatal("got no outage")
				}
				began, said := told[0].Since, 0
				for _, v := range p.journal.said(t, time.Time{}) {
					switch {
					case v.State != event.ViewPlaying:
						if !v.Until.IsZero() {
							t.Errorf("%s: got until %s, want it of what plays only", v.State, v.Until)
						}
					case v.TargetMS != 1000:
						t.Errorf("got a target duration of %d ms, want 1000", v.TargetMS)
					case v.MSN < last && !v.Until.Before(began):
						t.Errorf("msn %d: got until %s, want it before %s", v.MSN, v.Until, began)
					case v.MSN == last && v.Trouble != "":
						if said++; !v.Until.Equal(began) {
							t.Errorf("got until %s, want %s, when the picture stood still", v.Until, began)
						}
					}
				}
				if said == 0 || told[0].LengthMS > 2 {
					t.Errorf("got %d words on the end, and the outage after %d ms, want it at once", said, told[0].LengthMS)
				}
			})
		})
	}
}
