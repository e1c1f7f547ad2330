package discovery

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/service"
)

// discoveryOf is a discovery of three machines' packagers that does not run.
func discoveryOf(t *testing.T, more service.Environment) *Service {
	t.Helper()
	e := service.Environment{"HOME": t.TempDir(), "PACKAGERS": "http://a:8080,http://b:8080,http://c:8080"}
	for name, value := range more {
		e[name] = value
	}
	c, err := ConfigFromEnv(e)
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(c, service.NewKit("discovery", service.Common{LogFormat: "text", LogLevel: "info"}, e, &bytes.Buffer{}))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestOnAClusterAPackagerAheadOfTheClockIsReported(t *testing.T) {
	for _, c := range []struct {
		name string
		env  service.Environment
		want []report.State
	}{
		{"a cluster", service.Environment{"ENGINE_URL": "nats://a:4222", "MACHINE": "a"}, []report.State{report.Up, report.Up, report.Misaligned}},
		{"no cluster", nil, []report.State{report.Lagging, report.Lagging, report.Up}},
	} {
		s := discoveryOf(t, c.env)
		s.board.follow([]string{"live01"})
		for second := 0; second <= 10; second += 2 {
			for i, ahead := range []int{0, 0, 6} {
				begins := at(second + ahead - 2) // it is listed when it ends
				s.board.add("live01", i, result{At: at(second), Playlist: &m3u8.MediaPlaylist{
					TargetDuration: 2, MediaSequence: int64(100 + (second+ahead)/2),
					Segments: []m3u8.Segment{{URI: "x", Duration: 2 * time.Second, ProgramDateTime: begins}},
				}})
			}
		}
		r, _ := s.board.judge(at(11))
		var got []report.State
		for _, p := range r.Signals[0].Packagers {
			got = append(got, p.State)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: want (-), got (+):\n%s", c.name, diff)
		}
	}
}
