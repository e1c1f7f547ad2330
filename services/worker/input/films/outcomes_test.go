package films

import (
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/servicetest"
)

func TestWhatBecomesOfAFilmIsToldOnceEachTimeThatItChanges(t *testing.T) {
	l := &servicetest.Log{}
	o := newOutcomes(hclog.New(&hclog.LoggerOptions{JSONFormat: true, Output: l}))
	film := func(state event.FilmState, reason string) event.Film {
		return event.Film{File: "a.mp4", Signal: "a", State: state, Reason: reason}
	}
	on := func(f event.Film) outcome { return outcomeOf(f, false) }
	former := func(f event.Film) outcome { return outcomeOf(f, true) }
	for _, f := range []outcome{
		on(film(event.FilmWaiting, "it is still being copied")),
		on(film(event.FilmWaiting, "it is still being copied")),
		on(film(event.FilmAired, "")),
		on(film(event.FilmAired, "")),
		former(film(event.FilmWaiting, "it is new, or still being copied")),
		former(film(event.FilmRefused, "it is empty")),
		on(film(event.FilmWaiting, "no space left on device")),
		on(film(event.FilmRefused, "it has no picture")),
		on(event.Film{File: "notes.txt", State: event.FilmPassed, Reason: "its extension is not that of a film"}),
	} {
		o.note(f)
	}
	if got := o.of(event.FilmRefused); len(got) != 1 || got[0] != "a.mp4 refused: it has no picture" {
		t.Errorf("refused: got %v", got)
	}
	o.only(func(file string) bool { return file == "notes.txt" })
	o.only(func(file string) bool { return file == "notes.txt" })
	var got []string
	for _, line := range l.Lines() {
		e, ok, err := event.EventOf(line)
		if f, is := e.(event.Film); !ok || err != nil || !is {
			t.Errorf("%v: got no event of a film: %v", line, err)
		} else {
			got = append(got, line.Level.String()+" "+line.Message+": "+f.File+" "+string(f.State))
		}
	}
	want := []string{
		"info film waits: a.mp4 waiting",
		"info film is on air: a.mp4 aired",
		"info new version of the film waits: a.mp4 aired",
		"warn new version of the film refused: a.mp4 aired",
		"warn signal interrupted, trying again: a.mp4 waiting",
		"warn film refused, the others go on: a.mp4 refused",
		"info file passed over: notes.txt passed over",
		"info file is gone: a.mp4 gone",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
