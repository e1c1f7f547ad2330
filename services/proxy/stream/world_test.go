package stream

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/proxy/playlisttest"
	"livestream-tui/services/proxy/sources"
	"livestream-tui/services/proxy/timeline"
	"livestream-tui/services/proxy/trouble"
	"livestream-tui/services/proxy/uri"
)

const (
	one   = "http://server1"
	two   = "http://server2"
	three = "http://server3"
)

var epoch = time.Date(2024, 4, 5, 11, 0, 0, 0, time.UTC)

const (
	video = "/live01/video.m3u8"
	audio = "/live01/audio.m3u8"
	main  = "/live01/main.m3u8"
)

// world plays a stream, without its effects' machinery: packagers answer, time passes,
// and what players are given is held to the rules.
type world struct {
	t         testing.TB
	state     State
	now       time.Duration // since epoch
	packagers []*simulated
	// played: players play all there is.
	played bool
	// loose means that a packager has lied in a way that cannot be detected.
	loose bool

	loads     map[place]*order
	jobs      []job
	lists     map[string]*list
	switches  []Switched
	said      []string
	delivered map[place]*delivery
	latency   time.Duration // of whatever is fetched
	ticked    time.Duration
	second    time.Duration // in which there were so many steps and moves
	steps     int
	moves     int
	watch     func([]Effect) // sees all effects too; nil for nobody
}

// place is a playlist at a packager.
type place struct {
	playlist string
	packager int
}

// order is a Load that was not answered yet.
type order struct {
	Load
	due time.Duration
}

// job is a fetch or a proof that is under way.
type job struct {
	due time.Duration
	do  func()
}

// delivery is what a packager has said of a playlist.
type delivery struct {
	last     []byte // the last good answer
	good     bool   // the last one was
	ended    bool   // and says that it is the end, or is no media playlist
	contents map[string]content
	bodies   map[string]bool // all good ones, as they are passed through
}

// list is what players are given of one playlist.
type list struct {
	shown    Snapshot
	grew     time.Duration // when its newest number rose
	offered  *sources.Table
	entries  map[int64]indexed
	checker  *playlisttest.Checker
	over     bool            // it has ended, and nothing came after that
	end      int64           // its last number then
	counting map[int64]int64 // discontinuity numbers, by the encoder's number
}

// indexed is an entry, and what its packager meant by it.
type indexed struct {
	timeline.Entry
	is    content
	known bool
}

func newWorld(t testing.TB, packagers ...*simulated) *world {
	w := &world{
		t: t, packagers: packagers, loads: map[place]*order{}, lists: map[string]*list{}, delivered: map[place]*delivery{}, latency: 20 * time.Millisecond,
		state: New([]string{one, two, three}[:len(packagers)]),
	}
	for _, p := range packagers {
		if p.window == 0 {
			p.window = 6
		}
	}
	return w
}

func (w *world) at() At { return At(epoch.Add(w.now)) }

func (w *world) newest() int64 { return int64(w.now/segment) + oldest }

func (w *world) begin(key string) {
	w.forget(key)
	w.step(Begin{w.at(), key, key})
	if w.played {
		w.step(Played{w.at(), key})
	}
}

func (w *world) forget(key string) {
	w.lists[key] = &list{entries: map[int64]indexed{}, counting: map[int64]int64{}}
	for i := range w.packagers {
		delete(w.loads, place{key, i})
		w.delivered[place{key, i}] = &delivery{bodies: map[string]bool{}}
	}
}

func (w *world) step(e Event) {
	w.t.Helper()
	if second := w.now / time.Second; second != w.second {
		w.second, w.moves, w.steps = second, 0, 0
	}
	if w.steps++; w.steps > 3000 {
		w.t.Fatalf("%s: %d events within a second: each makes more", w.now, w.steps)
	}
	var effects []Effect
	before := w.state.Active()
	w.state, effects = Step(w.state, e)
	w.take(effects)
	if before != w.state.Active() {
		if w.moves++; w.moves > movesMost {
			w.t.Fatalf("%s: %d moves from one packager to another within a second\n%s", w.now, w.moves, strings.Join(w.said[max(0, len(w.said)-12):], "\n"))
		}
	}
}

// movesMost is how many moves to another packager there may be within a second.
const movesMost = 8

func (w *world) take(effects []Effect) {
	w.t.Helper()
	if w.watch != nil {
		w.watch(effects)
	}
	for _, e := range effects {
		w.do(e)
	}
}

// do does what a step asks for.
func (w *world) do(e Effect) {
	w.t.Helper()
	switch e := e.(type) {
	case Load:
		at := place{e.Playlist, e.Packager}
		if w.loads[at] != nil {
			w.t.Fatalf("%s: load of %s: one is under way already", w.now, e.Playlist)
		}
		if e.After < 0 || e.Limit <= 0 || e.Target == "" {
			w.t.Fatalf("%s: load of %s: got %+v, want a target, and a limit", w.now, e.Playlist, e)
		}
		w.loads[at] = &order{e, w.now + e.After + 5*time.Millisecond}
	case Hurry:
		if o := w.loads[place{e.Playlist, e.Packager}]; o != nil {
			o.due = min(o.due, w.now+5*time.Millisecond)
		}
	case Fetch:
		w.jobs = append(w.jobs, job{w.now + w.latency, func() { w.fetched(e) }})
	case Prove:
		w.jobs = append(w.jobs, job{w.now + w.latency, func() { w.proved(e) }})
	case Publish:
		w.publish(e)
	case Offer:
		w.lists[e.Playlist].offered = e.Sources
	case Index:
		w.index(e)
	case Switched:
		w.switches = append(w.switches, e)
	case Say:
		w.said = append(w.said, e.Message+" "+fmt.Sprint(e.Fields...))
	}
}

// index notes what the packager that listed an entry means by it.
func (w *world) index(e Index) {
	is := indexed{Entry: e.Entry}
	if i := e.Entry.Packager; i >= 0 {
		is.is, is.known = w.delivered[place{e.Playlist, i}].contents[e.Entry.Media.Target]
	}
	w.lists[e.Playlist].entries[e.Entry.MSN] = is
}

// run lets time pass.
func (w *world) run(d time.Duration) {
	w.t.Helper()
	for end := w.now + d; ; {
		next := w.ticked + 200*time.Millisecond
		for _, o := range w.loads {
			next = min(next, o.due)
		}
		for _, j := range w.jobs {
			next = min(next, j.due)
		}
		if next > end {
			w.now = end
			return
		}
		w.now = max(w.now, next)
		w.due()
	}
}

// due does what is due, in a fixed order.
func (w *world) due() {
	w.t.Helper()
	for _, key := range slices.Sorted(maps.Keys(w.lists)) {
		for i := range w.packagers {
			if o := w.loads[place{key, i}]; o != nil && o.due <= w.now {
				delete(w.loads, place{key, i})
				w.load(o.Load)
			}
		}
	}
	jobs := w.jobs
	w.jobs = nil
	for _, j := range jobs {
		if j.due <= w.now {
			j.do()
		} else {
			w.jobs = append(w.jobs, j)
		}
	}
	if w.now >= w.ticked+200*time.Millisecond {
		w.ticked = w.now
		t := Tick{w.at(), map[string]time.Time{}}
		for key := range w.lists {
			if w.played {
				t.Played[key] = epoch.Add(w.now)
			}
		}
		w.step(t)
	}
}

// load answers a request for a playlist.
func (w *world) load(l Load) {
	w.t.Helper()
	p, d := w.packagers[l.Packager], w.delivered[place{l.Playlist, l.Packager}]
	got := p.asked(l.Target, w.newest())
	a := Answer{
		Began: epoch.Add(w.now), Raw: got.raw, Err: got.err, Status: got.status, Location: got.location, Odd: got.odd, Header: http.Header{},
		Found: uri.Found{Packager: l.Packager, Target: l.Target, Key: l.Playlist}, Latency: 5 * time.Millisecond, Held: l.MSN >= 0,
	}
	if a.Err == nil {
		a.OnePlayers = p.one
	}
	d.good = a.Err == nil
	switch {
	case a.Err != nil:
		d.last = nil
	case bytes.Equal(d.last, got.raw):
		a.Same = true
	default:
		w.parse(&a, got, d)
	}
	w.step(Loaded{w.at(), l.Playlist, l.Packager, a})
}

func (w *world) parse(a *Answer, got answer, d *delivery) {
	var err error
	if m3u8.IsMultivariant(got.raw) {
		a.Multi, err = m3u8.ParseMultivariant(got.raw)
	} else {
		a.Media, err = m3u8.ParseMedia(got.raw)
	}
	if err != nil {
		w.t.Fatalf("%s: the simulation's playlist: %v\n%s", w.now, err, got.raw)
	}
	d.last, d.contents, d.ended = got.raw, got.contents, a.Media == nil || a.Media.EndList
	d.bodies[string(passed(got.raw, a.Found, w.state.hosts))] = true
}

// passed is a packager's playlist as it is passed through.
func passed(raw []byte, found uri.Found, hosts uri.Hosts) []byte {
	return m3u8.Rewrite(raw, func(ref string) string {
		place, err := hosts.Place(found, ref, "")
		if err != nil {
			return ref
		}
		return place.URI
	})
}

// fetched carries out a fetch: it asks the packagers that have the resource one after the
// other.
func (w *world) fetched(f Fetch) {
	w.t.Helper()
	l := w.lists[f.Playlist]
	if l.offered == nil {
		w.t.Fatalf("%s: a fetch before anybody was offered", w.now)
	}
	done := Fetched{w.at(), f.Playlist, f.Entry.MSN, f.Resource, Absent, timeline.Content{}}
	for n, from := range l.offered.For(f.Entry, f.Resource) {
		c, status := w.packagers[from.Packager].give(from.Target, w.now)
		switch {
		case status == http.StatusNotFound:
			w.step(Noted{w.at(), f.Playlist, from.Packager, f.Entry.MSN, trouble.Finding{Kind: trouble.Absent, Cause: "status 404"}})
			continue
		case status != 0:
			done.Outcome = Failed
			w.step(Noted{w.at(), f.Playlist, from.Packager, f.Entry.MSN, trouble.Finding{Kind: trouble.Failed, Cause: fmt.Sprint("status ", status)}})
			continue
		case n > 0:
			w.step(Noted{w.at(), f.Playlist, l.offered.For(f.Entry, f.Resource)[0].Packager, f.Entry.MSN, trouble.Finding{Kind: trouble.Saved}})
		}
		w.isMeant(f, from, c)
		done.Outcome, done.Content = Whole, w.packagers[from.Packager].is(c)
		break
	}
	w.step(done)
}

func (w *world) proved(e Prove) {
	w.t.Helper()
	p := w.packagers[e.Packager]
	done := Proved{At: w.at(), Playlist: e.Playlist, Packager: e.Packager, MSN: e.MSN, Health: e.Health}
	if c, status := p.give(e.Entry.Media.Target, w.now); status != 0 {
		done.Err = fmt.Errorf("status %d", status)
	} else {
		done.Content = p.is(c)
	}
	w.step(done)
}

var errNotPassed = errors.New("playlist is none of its packager's")

// has reports whether a line was said that has all of these words in it.
func (w *world) hasSaid(words ...string) bool {
	return slices.ContainsFunc(w.said, func(line string) bool {
		return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(line, word) })
	})
}
