package scene

import (
	"strings"
	"testing"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
	"livestream-tui/tui/canvas"
)

// sceneOf is a scene of two packagers and a worker with these signals, lights and films.
func sceneOf(details []report.SignalStatus, lights []platform.SignalAir, films ...event.Film) *Scene {
	s := New(layouts.Layout{}, canvas.UnicodeGlyphs())
	now := platform.Snapshot{At: at, Details: details, OnAir: platform.OnAir{Signals: lights}}
	now.Processes = []platform.Process{{Role: layouts.Worker, Status: platform.Status{Name: "worker", State: platform.Ready, PID: 1}}}
	for _, d := range details {
		for i, p := range d.Packagers {
			name := []string{"server1", "server2"}[i]
			now.Packagers = append(now.Packagers, platform.Packager{Signal: d.Signal, Name: name, URL: p.URL, Number: i + 1, Reported: true, Status: p, Usable: p.State.Usable()})
		}
	}
	for _, f := range films {
		now.Films = append(now.Films, platform.FilmAt{Time: at, Process: "worker", Film: f})
	}
	s.Take(now, at)
	return &s
}

// detail is a signal's row of the ingest table; each packager is in a state.
func detail(signal string, list ...report.State) report.SignalStatus {
	d := report.SignalStatus{Signal: signal}
	for _, state := range list {
		d.Packagers = append(d.Packagers, report.PackagerStatus{State: state, MSN: 7})
	}
	return d
}

// light is a signal's light; it has been in its state for so long.
func light(signal string, state platform.AirState, ago time.Duration) platform.SignalAir {
	return platform.SignalAir{Signal: signal, State: state, Since: at.Add(-ago), Due: true}
}

func TestSignalsAndFilesHaveKinds(t *testing.T) {
	up, stale := report.Up, report.Stale
	for name, c := range map[string]struct {
		details []report.SignalStatus
		lights  []platform.SignalAir
		films   []event.Film
		want    string // the rows' names with their kinds
	}{
		"on air":                               {[]report.SignalStatus{detail("a", up, up)}, nil, []event.Film{{File: "a.mp4", Signal: "a", State: event.FilmAired}}, "a aired"},
		"a refused file":                       {nil, nil, []event.Film{{File: "b.mp4", Signal: "b", State: event.FilmRefused, Reason: "no video"}}, "b.mp4 refused"},
		"a file that is copied":                {nil, nil, []event.Film{{File: "b.mp4", Signal: "b", State: event.FilmWaiting}}, "b.mp4 waiting"},
		"a file that is copied, with a light":  {nil, []platform.SignalAir{light("b", platform.AirStarting, 0)}, []event.Film{{File: "b.mp4", Signal: "b", State: event.FilmWaiting}}, "b.mp4 waiting"},
		"no film is there":                     {[]report.SignalStatus{detail("a", stale, stale)}, nil, []event.Film{{File: "b.mp4", Signal: "b", State: event.FilmAired}}, "a orphaned"},
		"its film has gone":                    {[]report.SignalStatus{detail("a", stale, stale)}, nil, []event.Film{{File: "a.mp4", Signal: "a", State: event.FilmGone}}, "a orphaned"},
		"no film at all":                       {[]report.SignalStatus{detail("a", stale, stale)}, nil, nil, "a orphaned"},
		"another encoder feeds it":             {[]report.SignalStatus{detail("a", up, stale)}, nil, nil, "a aired"},
		"its film is there, and nothing moves": {[]report.SignalStatus{detail("a", stale, stale)}, nil, []event.Film{{File: "a.mp4", Signal: "a", State: event.FilmAired}}, "a aired"},
		"its film was replaced by a bad one":   {[]report.SignalStatus{detail("a", stale, stale)}, nil, []event.Film{{File: "a.mp4", Signal: "a", State: event.FilmRefused}}, "a refused"},
		"what is no film is no row":            {nil, nil, []event.Film{{File: "notes.txt", State: event.FilmPassed}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, v := range sceneOf(c.details, c.lights, c.films...).Signals {
				if v.Kind != SignalAired || len(v.Packagers) > 0 && v.Packagers[0] != nil {
					got = append(got, v.Name+" "+v.Kind.String())
				}
			}
			if strings.Join(got, ", ") != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestTheWorstSignalComesFirstAndIsTheOneThatKeysActOn(t *testing.T) {
	up, down, stale := report.Up, report.Down, report.Stale
	s := sceneOf([]report.SignalStatus{
		detail("a", up, up), detail("b", up, down), detail("c", stale, stale), detail("d", down, down), detail("e", down, down), detail("g", up, up),
	}, []platform.SignalAir{
		light("a", platform.AirOn, 0), light("b", platform.AirOn, 0), light("c", platform.AirOn, 0),
		light("d", platform.AirOff, time.Second), light("e", platform.AirOff, time.Minute), light("g", platform.AirUnknown, 0),
	}, event.Film{File: "f.mp4", Signal: "f", State: event.FilmRefused}, event.Film{File: "c.mp4", Signal: "c", State: event.FilmAired})
	var got []string
	bad := 0
	for i := range s.Signals {
		got = append(got, s.Signals[i].Name)
		if s.Signals[i].Bad() {
			bad++
		}
	}
	if strings.Join(got, " ") != "e d g c b f.mp4 a" || bad != 4 {
		t.Errorf("got %q, %d bad, want off air first, the longest before the others, and 4 bad", got, bad)
	}
	if v := s.Chosen(); v == nil || v.ID != "e" {
		t.Errorf("without a choice: got %+v, want the worst", v)
	}
	s.Choice = "a"
	if v := s.Chosen(); v == nil || v.ID != "a" {
		t.Errorf("a chosen one: got %+v, want it", v)
	}
	s.Choice = "gone"
	if v := s.Chosen(); v == nil || v.ID != "e" {
		t.Errorf("a choice that is gone: got %+v, want the worst", v)
	}
	if v := sceneOf(nil, nil, event.Film{File: "f.mp4", Signal: "f", State: event.FilmRefused}, event.Film{File: "a.mp4", Signal: "a", State: event.FilmWaiting}).Chosen(); v == nil || v.ID != "" {
		t.Errorf("only files: got %+v, want one", v)
	}
	if v := sceneOf(nil, nil).Chosen(); v != nil {
		t.Errorf("nothing: got %+v, want nil", v)
	}
}
