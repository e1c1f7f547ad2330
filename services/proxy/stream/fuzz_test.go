package stream

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
)

// tape is the source of a series of events, which a fuzzer changes.
type tape struct{ rest []byte }

func (t *tape) next() int {
	if len(t.rest) == 0 {
		return 0
	}
	b := t.rest[0]
	t.rest = t.rest[1:]
	return int(b)
}

// upTo is a number from 0 on that is less than n.
func (t *tape) upTo(n int) int { return t.next() % n }

// oneIn is true once in n times, and never when the tape has ended.
func (t *tape) oneIn(n int) bool { return t.next()%n == n-1 }

// cast makes packagers: those of one encoder, or such as look like it.
func (t *tape) cast() []*simulated {
	list := make([]*simulated, 2+t.upTo(2))
	breaks := []int64{0, 0, 5, 7}[t.upTo(4)]
	for i := range list {
		p := &simulated{window: int64(4 + t.upTo(5)), breaks: breaks, own: t.oneIn(2)}
		switch t.upTo(8) {
		case 1:
			p.encoder = i
		case 2:
			p.base = -int64(100 * i)
		case 3:
			p.prefix = "x"
		case 4:
			p.query = fmt.Sprintf("?t=%d", i)
		case 5:
			p.event = true
		case 6:
			p.clock = time.Duration(i) * 3 * time.Second
		case 7:
			p.lag = int64(t.upTo(4))
		}
		list[i] = p
	}
	return list
}

// happen lets something happen to a packager.
func (t *tape) happen(w *world) {
	p := w.packagers[t.upTo(len(w.packagers))]
	switch t.upTo(34) {
	case 0, 1, 2, 3:
		lives(p)
		p.lag, p.late, p.end, p.multi, p.one = 0, 0, false, false, ""
	case 4, 5:
		p.down = true
	case 6:
		p.status = []int{404, 403, 410, 429, 503, 451}[t.upTo(6)]
	case 7:
		p.frozen = p.newest(w.newest())
	case 8:
		p.lag = int64(t.upTo(6))
	case 9:
		p.late = time.Duration(t.upTo(5)) * time.Second
	case 10:
		p.mute = true
	case 11, 12:
		t.restart(w, p)
	case 13: // with other media
		t.restart(w, p)
		p.encoder += 10
	case 14: // its numbers jump
		p.base += 5000 + int64(t.upTo(8))
	case 15:
		p.prefix = []string{"", "x", "yy"}[t.upTo(3)]
	case 16:
		p.target = 2 * t.upTo(4)
	case 17:
		p.frozen, p.end = p.newest(w.newest()), true
	case 18:
		p.multi = !p.multi
	case 19:
		p.odd = true
	case 20:
		p.location = "http://cdn.example/live.m3u8"
	case 21:
		p.one = []string{"", "it sets a cookie"}[t.upTo(2)]
	case 22:
		p.clock = time.Duration(t.upTo(100)-50) * time.Second
	case 23: // it lost what it had
		p.from = p.newest(w.newest()) + int64(t.upTo(3)) - 1
	case 24:
		p.query = fmt.Sprintf("?t=%d", t.next())
	case 25, 26, 27, 28:
		n := t.upTo(len(changes))
		p.change = changes[n]
		w.loose = w.loose || n == elsewhere // it may list what is its peer's
	case 29:
		w.step(Preferred{w.at(), w.state.Packagers[t.upTo(len(w.packagers))]})
	case 30:
		w.played, w.loose = !w.played, true
	case 31:
		w.latency = time.Duration(t.next()) * 10 * time.Millisecond
	case 32:
		p.breaks = int64(t.upTo(8))
	case 33:
		p.window = int64(1 + t.upTo(9))
	}
}

// restart lets a packager begin with number 0. One that is still there gets other names,
// since two such beginnings could not be told apart.
func (t *tape) restart(w *world, p *simulated) {
	if p.newest(w.newest())+p.base < 40 {
		p.prefix += "z"
		w.loose = true // its first number may be the one that is due, under any name
	}
	p.from = p.newest(w.newest()) - int64(t.upTo(3))
	p.base = -p.from
}

// changes are what else packagers may list.
var changes = []func(*m3u8.MediaPlaylist){
	nil, parts,
	func(l *m3u8.MediaPlaylist) { l.Segments = nil },
	func(l *m3u8.MediaPlaylist) {
		everyNumber(l, 11, func(s *m3u8.Segment) { s.Duration = 3700 * time.Millisecond })
	},
	func(l *m3u8.MediaPlaylist) {
		everyNumber(l, 1, func(s *m3u8.Segment) { s.ProgramDateTime = time.Time{} })
	},
	func(l *m3u8.MediaPlaylist) { everyNumber(l, 7, func(s *m3u8.Segment) { s.Gap = true }) },
	func(l *m3u8.MediaPlaylist) {
		everyNumber(l, 5, func(s *m3u8.Segment) { s.Unknown = []m3u8.Tag{"#EXT-X-CUE-OUT:4"} })
	},
	func(l *m3u8.MediaPlaylist) {
		everyNumber(l, 1, func(s *m3u8.Segment) { s.Keys = []m3u8.Key{{Method: "AES-128", URI: "k.key"}} })
	},
	func(l *m3u8.MediaPlaylist) {
		m := &m3u8.Map{URI: "init.mp4"}
		everyNumber(l, 1, func(s *m3u8.Segment) { s.Map = m })
	},
	func(l *m3u8.MediaPlaylist) { everyNumber(l, 6, func(s *m3u8.Segment) { s.URI = "%00.ts" }) },
	func(l *m3u8.MediaPlaylist) {
		everyNumber(l, 1, func(s *m3u8.Segment) { s.URI = "http://server1/live01/" + s.URI })
	},
	func(l *m3u8.MediaPlaylist) {
		everyNumber(l, 4, func(s *m3u8.Segment) { s.URI = "http://cdn.example/" + s.URI })
	},
	func(l *m3u8.MediaPlaylist) {
		if len(l.Segments) > 0 {
			l.Segments[0].DateRanges = []m3u8.DateRange{{Attributes: []m3u8.Attribute{{Name: "ID", Value: "a", Quoted: true}}}}
		}
	},
	func(l *m3u8.MediaPlaylist) { l.PlaylistType, l.EndList = "VOD", true },
}

// elsewhere is the change to URIs at the first packager.
const elsewhere = 10

func everyNumber(l *m3u8.MediaPlaylist, n int64, change func(*m3u8.Segment)) {
	for i := range l.Segments {
		if (l.MediaSequence+int64(i))%n == 0 {
			change(&l.Segments[i])
		}
	}
}

// playTape plays a series of events. Whatever happens, no step panics, and what players are
// given obeys the rules of its mode: the world holds it to them.
func playTape(t testing.TB, b []byte) *world {
	if len(b) > 120 {
		b = b[:120]
	}
	tape := &tape{b}
	w := newWorld(t, tape.cast()...)
	w.played = true
	keys := []string{video}
	if tape.oneIn(4) {
		keys = []string{main, video, audio}
	}
	for _, key := range keys {
		w.begin(key)
		w.run(time.Duration(tape.upTo(4)) * 200 * time.Millisecond)
	}
	for len(tape.rest) > 0 {
		tape.happen(w)
		w.run(time.Duration(tape.upTo(16)) * 250 * time.Millisecond)
		if tape.oneIn(32) {
			restarted(300*time.Millisecond, w.kept()...)(w)
		}
	}
	return w
}

// kept are the playlists of which there is something to keep; none where any has nothing.
func (w *world) kept() []string {
	var keys []string
	for key := range w.lists {
		if _, ok := w.state.Keep(key); ok {
			keys = append(keys, key)
		}
	}
	return keys
}

// calms lets all trouble end but for what cannot be merged, and sees players get new
// segments again, in the time that the worst of it may take.
func (w *world) calms() {
	w.t.Helper()
	for _, p := range w.packagers {
		lives(p)
		p.lag, p.late, p.end, p.multi, p.one, p.change, p.from = 0, 0, false, false, "", nil, 0
	}
	w.latency = 20 * time.Millisecond
	w.run(25 * time.Second)
	for key, l := range w.lists {
		if key == main {
			continue
		}
		s := l.shown
		if p := w.state.playlists[key]; p.multi.served != nil {
			continue // it is asked for once a minute
		}
		if s.Mode != Merged && s.Mode != PassedThrough || s.Status == http.StatusOK {
			w.t.Fatalf("%s: %s is %s (%s)", w.now, key, s.Mode, s.Why)
		}
		if still := w.now - l.grew; still > max(s.Target, segment)*3/2+time.Second {
			w.t.Fatalf("%s: %s (%s, %s) stands still for %s, though all packagers are well:\n%s\n%v", w.now, key, s.Mode, s.Why, still, s.Body, w.said)
		}
	}
}

func seeded(seed uint64) []byte {
	rnd := rand.New(rand.NewPCG(seed, 10))
	b := make([]byte, 20+rnd.IntN(60))
	for i := range b {
		b[i] = byte(rnd.Uint32())
	}
	return b
}

func TestNoSeriesOfEventsBreaksTheRules(t *testing.T) {
	list := []uint64{156, 157, 212, 388, 636, 656, 734, 902, 1048, 1376, 1767, 2262, 2413, 2737, 3202, 4230, 5529} // that found something
	for seed := range uint64(100) {
		list = append(list, seed)
	}
	for _, seed := range list {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := playTape(t, seeded(seed))
			if seed%4 == 0 {
				w.calms()
			}
		})
	}
}

// FuzzStep plays any series of events.
func FuzzStep(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seeded(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) { playTape(t, b) })
}
