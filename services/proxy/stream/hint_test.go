package stream

import (
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/proxy/uri"
)

// hinted is a playlist at one packager that holds requests.
type hintedList struct {
	t      *testing.T
	state  State
	now    time.Time
	newest int64
}

func newHinted(t *testing.T) *hintedList {
	h := &hintedList{t: t, state: New([]string{one}), now: epoch, newest: 100}
	h.step(Begin{At(h.now), video, video})
	h.answer()
	return h
}

func (h *hintedList) step(e Event) []Effect {
	var effects []Effect
	h.state, effects = Step(h.state, e)
	return effects
}

// answer answers a request that began now, and returns the next one.
func (h *hintedList) answer() Load { return h.answerBegun(h.now) }

func (h *hintedList) answerBegun(began time.Time) Load {
	h.t.Helper()
	l := &m3u8.MediaPlaylist{Version: 6, TargetDuration: 2, MediaSequence: h.newest - 5, ServerControl: &m3u8.ServerControl{CanBlockReload: true}}
	for n := h.newest - 5; n <= h.newest; n++ {
		l.Segments = append(l.Segments, m3u8.Segment{URI: "s" + string(rune('a'+n%26)) + ".ts", Duration: 2 * time.Second})
	}
	a := Answer{Began: began, Media: l, Raw: l.Encode(), Found: uri.Found{Target: video, Key: video}}
	for _, e := range h.step(Loaded{At(h.now), video, 0, a}) {
		if load, is := e.(Load); is {
			return load
		}
	}
	h.t.Fatal("no request follows")
	return Load{}
}

// hears takes a hint, and reports whether the packager is to be asked now.
func (h *hintedList) hears(msn int64, spare bool) bool {
	hurried := false
	for _, e := range h.step(Hinted{At(h.now), video, 0, msn, spare}) {
		_, is := e.(Hurry)
		hurried = hurried || is
	}
	return hurried
}

func (h *hintedList) pass(d time.Duration) { h.now = h.now.Add(d) }

// lists lets the packager list another segment.
func (h *hintedList) lists() { h.newest++ }

func TestHints(t *testing.T) {
	t.Run("what is known is no reason to ask", func(t *testing.T) {
		h := newHinted(t)
		for _, msn := range []int64{100, 90, 0, -1} {
			if h.hears(msn, true) {
				t.Errorf("%d: it is asked for", msn)
			}
		}
	})
	t.Run("a new segment is asked for once", func(t *testing.T) {
		h := newHinted(t)
		if !h.hears(101, false) || h.hears(101, false) {
			t.Error("want one request")
		}
	})
	t.Run("a false one is asked for once", func(t *testing.T) {
		h := newHinted(t)
		if !h.hears(2000, true) {
			t.Error("want it to be asked for")
		}
		h.answer()
		for range 5 {
			h.pass(time.Second)
			if h.hears(2000, true) {
				t.Error("it is asked for again, after the packager did not have it")
			}
		}
		if !h.hears(101, true) {
			t.Error("want a true one to be asked for all the same")
		}
	})
	t.Run("an answer to a request from before refutes nothing", func(t *testing.T) {
		h := newHinted(t)
		before := h.now
		h.hears(100, true)
		h.pass(time.Second)
		h.hears(101, true)
		if next := h.answerBegun(before); next.After > hurryLeast && next.MSN < 0 {
			t.Errorf("got %+v, want the packager to be asked at once", next)
		}
	})
	t.Run("two in a row are both asked for", func(t *testing.T) {
		h := newHinted(t)
		h.hears(101, true)
		h.lists()
		h.answer()
		h.pass(20 * time.Millisecond)
		if h.hears(102, true) {
			t.Error("the second is asked for at once, which a liar could have at any rate")
		}
		h.pass(hurryLeast)
		hurried := false
		for _, e := range h.step(Tick{At: At(h.now)}) {
			_, is := e.(Hurry)
			hurried = hurried || is
		}
		if !hurried {
			t.Error("the second is never asked for")
		}
	})
}

func TestRequestsAreHeldUnlessHintsAreOfUse(t *testing.T) {
	hinted := func(spare bool) *hintedList {
		h := newHinted(t)
		h.pass(time.Second)
		h.hears(100, spare)
		h.pass(time.Second)
		h.hears(101, spare)
		h.lists()
		return h
	}
	held := func(l Load) bool { return l.MSN >= 0 && l.After == 0 }
	if l := newHinted(t).answer(); l.MSN < 0 {
		t.Errorf("without hints: got %+v, want it held", l)
	}
	if l := hinted(true).answer(); l.MSN >= 0 || l.After != 2*time.Second+hintLate {
		t.Errorf("with hints: got %+v, want it to wait for the next one", l)
	}
	if l := hinted(false).answer(); !held(l) {
		t.Errorf("with hints, of few playlists: got %+v, want it held", l)
	}
	h := hinted(true)
	h.answer()
	h.pass(2*time.Second + hintLate)
	h.lists()
	if l := h.answer(); !held(l) {
		t.Errorf("a hint was lost: got %+v, want it held", l)
	}
	h.hears(102, true)
	h.pass(2 * time.Second)
	h.hears(103, true)
	h.lists()
	if l := h.answer(); held(l) {
		t.Errorf("they are of use again: got %+v, want none held", l)
	}
	h.pass(6 * time.Second) // the engine has died
	h.lists()
	if l := h.answer(); !held(l) {
		t.Errorf("they have ceased: got %+v, want it held", l)
	}
}
