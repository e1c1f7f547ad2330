package trouble

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
	"livestream-tui/tui/canvas"
	"livestream-tui/tui/scene"
)

// staleSignals finds signals that get no new segment although the processes work.
func staleSignals(s *scene.Scene) []Trouble {
	return standing(s, func(v *scene.Signal) string {
		switch {
		case v.Usable == 0 && isStale(v):
			return v.Name + " is stale at every packager"
		case v.Light.Cause == platform.NoSegment && v.Usable == 0:
			return v.Name + " has no new segment"
		}
		return ""
	})
}

// unreached finds signals whose new segments end at the packagers.
func unreached(s *scene.Scene) []Trouble {
	return standing(s, func(v *scene.Signal) string {
		if v.Light.Cause == platform.NoSegment && v.Usable > 0 {
			return v.Name + " has no new segment"
		}
		return ""
	})
}

// standing returns the signals of which what says what is wrong, while workers and packagers
// work.
func standing(s *scene.Scene, what func(v *scene.Signal) string) []Trouble {
	for _, r := range []layouts.Role{layouts.Worker, layouts.Packager} {
		if _, all := down(s, r); all {
			return nil
		}
	}
	var found []Trouble
	for i := range s.Signals {
		v := &s.Signals[i]
		if v.Kind != scene.SignalAired || v.Light == nil || !v.Light.Due || v.Light.Cause == platform.DiskFull {
			continue
		}
		t := Trouble{About: "signal " + v.ID, What: what(v), Since: v.Light.LastSegment}
		if t.What == "" {
			continue
		}
		if short, _, long := strings.Cut(t.What, " at every"); long {
			t.Brief = []string{short}
		}
		if workers := s.OfRole(layouts.Worker); len(workers) > 0 {
			t.Process = workers[0].Name
		}
		if len(v.Light.Mends) > 0 {
			t.Process = v.Light.Mends[0].Process
		}
		switch process := s.Process(t.Process); {
		case process == nil:
			t.Remedy = elsewhere
		case process.Role != layouts.Worker:
		case len(v.Light.Mends) == 0:
			t.Remedy = leaveIt
		default:
			if n := airedBy(s, t.Process); n > 1 {
				t.Remedy = restartWorker
				t.Remedy.Short += fmt.Sprintf(": all %d signals", n)
			}
		}
		found = append(found, t)
	}
	return found
}

// airedBy returns how many signals a worker airs: its restart interrupts them all.
func airedBy(s *scene.Scene, worker string) int {
	n := 0
	for _, f := range s.Snapshot.Films {
		if f.Process == worker && f.State == event.FilmAired {
			n++
		}
	}
	return n
}

func isStale(v *scene.Signal) bool {
	return slices.ContainsFunc(v.Packagers, func(p *scene.Packager) bool { return p != nil && p.Status.State == report.Stale })
}

// degraded finds processes that run and say why they cannot do their work. What a viewer or a
// worker says of a signal that stands still is told of the signal.
func degraded(s *scene.Scene) []Trouble {
	var found []Trouble
	told := s.Light.State == platform.AirOff || s.Light.State == platform.AirOffSoon
	for i := range s.Snapshot.Processes {
		p := &s.Snapshot.Processes[i]
		if p.State != platform.Degraded || p.Paused || p.Unheard || p.Role == layouts.Engine && len(withoutQuorum(s)) > 0 || told && p.Role == layouts.Viewer || len(waiting(s, p.Name, event.FilmDiskFull)) > 0 {
			continue
		}
		found = append(found, Trouble{About: p.Name, What: stateOf(s, p), Process: p.Name})
	}
	return found
}

// withoutFFmpeg finds workers on whose machine FFmpeg does not work.
func withoutFFmpeg(s *scene.Scene) []Trouble {
	return ofFilms(s, event.FilmFFmpeg, func(t *Trouble, films []platform.FilmAt) {
		var names []string
		for _, f := range films {
			names = append(names, f.Signal)
		}
		t.What = canvas.Clean(films[0].Reason) + ": " + listed(names) + " " + verb(len(names), "waits", "wait")
	})
}

// due returns how many signals the audience expects.
func due(s *scene.Scene) int {
	_, n := s.Light.Count()
	return n
}

// ofFilms returns a trouble for each worker whose films wait for a cause; say says in it what
// is wrong with the films.
func ofFilms(s *scene.Scene, cause event.FilmCause, say func(t *Trouble, films []platform.FilmAt)) []Trouble {
	var found []Trouble
	for _, p := range s.OfRole(layouts.Worker) {
		films := waiting(s, p.Name, cause)
		if len(films) == 0 {
			continue
		}
		t := Trouble{About: string(cause) + " " + p.Name, Process: p.Name}
		for _, f := range films {
			since := f.Time
			for _, l := range s.Light.Signals {
				if l.Signal == f.Signal && !l.LastSegment.IsZero() {
					since = l.LastSegment // the report is as new as the last attempt
				}
			}
			if t.Since.IsZero() || since.Before(t.Since) {
				t.Since = since
			}
		}
		say(&t, films)
		found = append(found, t)
	}
	return found
}

// waiting returns the films that a worker cannot air for a cause.
func waiting(s *scene.Scene, worker string, cause event.FilmCause) []platform.FilmAt {
	var list []platform.FilmAt
	for _, f := range s.Snapshot.Films {
		if f.Process == worker && f.State == event.FilmWaiting && f.Cause == cause {
			list = append(list, f)
		}
	}
	return list
}

// interrupted finds films that were on air and are not, for no cause that has a row of its
// own.
func interrupted(s *scene.Scene) []Trouble {
	var found []Trouble
	for i := range s.Signals {
		v := &s.Signals[i]
		if v.Film == nil || v.Film.State != event.FilmWaiting || v.Film.Cause != "" || v.Film.Reason == "" ||
			v.Light == nil || v.Light.State == platform.AirStarting || v.Light.State == platform.AirOn {
			continue
		}
		found = append(found, Trouble{About: "signal " + v.ID, What: v.Name + " waits: " + canvas.Clean(v.Film.Reason), Since: v.Film.Time, Process: v.Film.Process, Stops: v.Light.State == platform.AirOff || v.Light.State == platform.AirOffSoon})
	}
	return found
}

func refusedFilms(s *scene.Scene) []Trouble {
	var found []Trouble
	for i := range s.Signals {
		v := &s.Signals[i]
		if v.Kind != scene.SignalRefused {
			continue
		}
		remedy, refused := cmp.Or(refusals[v.Film.Cause], anotherVersion), canvas.Clean(v.Film.File)+" is refused"
		remedy.Short = strings.ReplaceAll(remedy.Short, "FOLDER", inputOf(s, v.Film.Process))
		found = append(found, Trouble{
			About: "film " + v.Film.File, What: refused + ": " + canvas.Clean(v.Film.Reason), Brief: []string{refused},
			Since: v.Film.Time, Remedy: remedy,
		})
	}
	return found
}

func passedThrough(s *scene.Scene) []Trouble {
	var found []Trouble
	for _, d := range s.Snapshot.Degraded {
		found = append(found, Trouble{
			About: "playlist " + d.Playlist, Since: d.Time,
			What: canvas.Clean(d.Playlist) + " is " + canvas.Clean(string(d.Mode)) + ": " + canvas.Clean(d.Reason),
		})
	}
	return found
}

// listedMost is how many names are listed.
const listedMost = 3

// listed returns names as a list in words.
func listed(names []string) string {
	for i, name := range names {
		names[i] = canvas.Clean(name)
	}
	if more := len(names) - listedMost; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:listedMost], ", "), more)
	}
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}

func verb(n int, one, several string) string {
	if n == 1 {
		return one
	}
	return several
}

// Placed returns a text with {it} replaced by a process, and each {NAME} by key's answer.
func Placed(words, process string, key func(name string) string) string {
	words = strings.ReplaceAll(words, "{it}", canvas.Clean(process))
	for {
		from := strings.IndexByte(words, '{')
		to := strings.IndexByte(words[max(0, from):], '}')
		if from < 0 || to < 0 {
			return words
		}
		words = words[:from] + key(words[from+1:from+to]) + words[from+to+1:]
	}
}
