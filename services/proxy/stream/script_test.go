package stream

import (
	"strings"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
)

// act is a line of a script.
type act func(w *world)

// scenario is a script that is played with these packagers.
type scenario struct {
	name      string
	packagers []*simulated
	script    []act
}

func play(t *testing.T, scenarios []scenario) {
	for _, c := range scenarios {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, c.packagers...)
			w.played = true
			for _, a := range c.script {
				a(w)
			}
		})
	}
}

func run(d time.Duration) act { return func(w *world) { w.t.Helper(); w.run(d) } }

// begins lets a player ask for playlists, one after the other.
func begins(keys ...string) act {
	return func(w *world) {
		for _, key := range keys {
			w.begin(key)
			w.run(400 * time.Millisecond)
		}
	}
}

// becomes changes the packager of that index.
func becomes(i int, change func(p *simulated)) act {
	return func(w *world) { change(w.packagers[i]) }
}

func dies(p *simulated) { p.down = true }

func lives(p *simulated) {
	p.down, p.status, p.odd, p.mute, p.location, p.frozen = false, 0, false, false, "", 0
}

func ends(p *simulated) { p.end = true }

func refuses(status int) func(p *simulated) { return func(p *simulated) { p.status = status } }

// restarts begins at number 0, with what the encoder has now.
func restarts(w *world, i int) {
	p := w.packagers[i]
	p.from = p.newest(w.newest()) - 2
	p.base = -p.from
}

// lies says that a packager does something that cannot be detected.
func lies(w *world) { w.loose = true }

func unplayed(w *world) { w.played = false }

// wants checks the mode and a part of its reason; "" is an empty reason.
func wants(key string, mode Mode, why string) act {
	return func(w *world) {
		w.t.Helper()
		s := w.lists[key].shown
		if s.Mode != mode || why == "" && s.Why != "" || !strings.Contains(s.Why, why) {
			w.t.Fatalf("%s: %s: got %s (%s), want %s (%s)", w.now, key, s.Mode, s.Why, mode, why)
		}
	}
}

// listed are the encoder's numbers of what is listed, D for a discontinuity, G for a gap.
func listed(key, want string) act {
	return func(w *world) {
		w.t.Helper()
		if got := w.merged(key); got != want {
			w.t.Fatalf("%s: %s: got %s, want %s\n%s", w.now, key, got, want, strings.Join(w.said, "\n"))
		}
	}
}

func active(packager string) act {
	return func(w *world) {
		w.t.Helper()
		if got := w.state.Active(); got != packager {
			w.t.Fatalf("%s: active: got %s, want %s", w.now, got, packager)
		}
	}
}

// moved checks how many moves to another packager were announced.
func moved(want int) act {
	return func(w *world) {
		w.t.Helper()
		if got := len(w.switches); got != want {
			w.t.Fatalf("%s: moves: got %v, want %d", w.now, w.switches, want)
		}
	}
}

func said(words ...string) act {
	return func(w *world) {
		w.t.Helper()
		if !w.hasSaid(words...) {
			w.t.Fatalf("%s: want a line with %q, got\n%s", w.now, words, strings.Join(w.said, "\n"))
		}
	}
}

func silent(words ...string) act {
	return func(w *world) {
		w.t.Helper()
		if w.hasSaid(words...) {
			w.t.Fatalf("%s: want no line with %q, got\n%s", w.now, words, strings.Join(w.said, "\n"))
		}
	}
}

// ended is whether the playlist has its end.
func ended(key string, want bool) act {
	return func(w *world) {
		w.t.Helper()
		s := w.lists[key].shown
		if got := strings.Contains(string(s.Body), "#EXT-X-ENDLIST"); got != want || s.Live == want {
			w.t.Fatalf("%s: ended: got %t, live %t, want %t", w.now, got, s.Live, want)
		}
	}
}

// numbered are the discontinuity numbers of the segments that two renditions have in
// common: they are the same, and there is at least one discontinuity.
func numbered(a, b string) act {
	return func(w *world) {
		w.t.Helper()
		x, y := w.numbers(a), w.numbers(b)
		common := 0
		for n, number := range x {
			if other, ok := y[n]; ok {
				if common++; number != other {
					w.t.Fatalf("%s: segment %d: got discontinuity number %d in %s, %d in %s\n%s: %s\n%s: %s", w.now, n, number, a, other, b,
						a, w.merged(a), b, w.merged(b))
				}
			}
		}
		if common == 0 {
			w.t.Fatalf("%s: nothing in common: %s and %s", w.now, w.merged(a), w.merged(b))
		}
	}
}

func (w *world) numbers(key string) map[int64]int64 {
	w.t.Helper()
	l := w.lists[key]
	p, err := m3u8.ParseMedia(l.shown.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	list, number := map[int64]int64{}, p.DiscontinuitySequence
	for i := range p.Segments {
		if p.Segments[i].Discontinuity {
			number++
		}
		if e := l.entries[p.MediaSequence+int64(i)]; !p.Segments[i].Gap {
			list[e.is.n] = number
		}
	}
	return list
}

// answers is the status that players are given, with a header.
func answers(key string, status int, header, value string) act {
	return func(w *world) {
		w.t.Helper()
		s := w.lists[key].shown
		if s.Status != status || header != "" && s.Header.Get(header) != value {
			w.t.Fatalf("%s: got %d %v, want %d with %s: %s", w.now, s.Status, s.Header, status, header, value)
		}
	}
}
