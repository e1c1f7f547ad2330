package packager

import (
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
)

func TestAhead(t *testing.T) {
	const target = 2 * time.Second
	start := time.Date(2024, 4, 5, 11, 23, 45, 0, time.UTC)
	at := func(seconds float64) time.Time { return start.Add(time.Duration(seconds * float64(time.Second))) }
	type heard struct {
		peer string
		msn  int64
		at   float64
	}
	for _, c := range []struct {
		name  string
		heard []heard
		ours  int64
		now   float64
		want  string // the peer
		msn   int64
	}{
		{"nobody is known", nil, 10, 0, "", 0},
		{"a peer has what we have", []heard{{"b", 10, 0}}, 10, 5, "", 0},
		{"a peer has less", []heard{{"b", 9, 0}}, 10, 1.5, "", 0},
		{"a peer has more for half a target duration", []heard{{"b", 10, -2}, {"b", 11, 0}}, 10, 1, "", 0},
		{"a peer has more for longer", []heard{{"b", 10, -2}, {"b", 11, 0}}, 10, 1.1, "b", 11},
		{"we caught up", []heard{{"b", 10, -2}, {"b", 11, 0}}, 11, 1.1, "", 0},
		{"we are one behind again and again, each time briefly", []heard{{"b", 10, 0}, {"b", 11, 2}, {"b", 12, 4}}, 11, 4.9, "", 0},
		{"we lag by one all the time", []heard{{"b", 10, 0}, {"b", 11, 2}, {"b", 12, 4}}, 10, 4.1, "b", 12},
		{"a peer stopped as well", []heard{{"b", 10, -2}, {"b", 11, 0}}, 10, 3.1, "", 0},
		{"it tells the same again, which is no news", []heard{{"b", 11, 0}, {"b", 11, 3}}, 10, 3.1, "", 0},
		{"a peer began anew below us", []heard{{"b", 11, 0}, {"b", 0, 0.5}}, 10, 1.1, "", 0},
		{"a peer began anew above us", []heard{{"b", 13, 0}, {"b", 11, 0.5}}, 10, 1.1, "", 0},
		{"and stays", []heard{{"b", 13, 0}, {"b", 11, 0.5}}, 10, 1.6, "b", 11},
		{"the freshest of several", []heard{{"b", 11, 0}, {"c", 12, 0}, {"d", 9, 0}}, 10, 1.5, "c", 12},
		{"one that is ahead too briefly hides none", []heard{{"b", 11, 0}, {"c", 12, 1.4}}, 10, 1.5, "b", 11},
		{"we have nothing yet", []heard{{"b", 11, 0}}, -1, 1.5, "b", 11},
	} {
		t.Run(c.name, func(t *testing.T) {
			var p peers
			for _, h := range c.heard {
				p.hear(h.peer, h.msn, at(h.at))
			}
			peer, msn, ok := p.ahead(c.ours, target, at(c.now))
			if peer != c.want || msn != c.msn || ok != (c.want != "") {
				t.Errorf("got %q, %d, %t, want %q, %d", peer, msn, ok, c.want, c.msn)
			}
			for _, h := range c.heard {
				p.forget(h.peer)
			}
			if peer, _, ok := p.ahead(c.ours, target, at(c.now)); ok {
				t.Errorf("all forgotten: got %q, want none", peer)
			}
		})
	}
}

func TestTwoNeverWaitForEachOther(t *testing.T) {
	now := time.Now()
	for a := int64(8); a <= 12; a++ {
		for b := int64(8); b <= 12; b++ {
			var ofA, ofB peers
			ofA.hear("b", b, now.Add(-1500*time.Millisecond))
			ofB.hear("a", a, now.Add(-1500*time.Millisecond))
			_, _, aWaits := ofA.ahead(a, 2*time.Second, now)
			_, _, bWaits := ofB.ahead(b, 2*time.Second, now)
			if aWaits && bWaits || aWaits != (a < b) || bWaits != (b < a) {
				t.Errorf("a at %d, b at %d: got a waits %t, b waits %t", a, b, aWaits, bWaits)
			}
		}
	}
}

func TestTheMarksOfAPeerAreBounded(t *testing.T) {
	var p peers
	for msn := range int64(1000) {
		p.hear("b", msn, time.Now())
	}
	if got := len(p.heard["b"]); got != maxMarks {
		t.Errorf("got %d marks, want %d", got, maxMarks)
	}
}

func TestAPeerThatListsWhatHasNotEndedIsNoMeasure(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for ends, want := range map[time.Duration]bool{-3 * time.Second: true, 0: true, time.Second: true, 1100 * time.Millisecond: false, 5 * time.Second: false} {
		list := &m3u8.MediaPlaylist{Segments: []m3u8.Segment{{Duration: 2 * time.Second}, {Duration: 2 * time.Second, ProgramDateTime: now.Add(ends - 2*time.Second)}}}
		if got := isInTime(list, now); got != want {
			t.Errorf("the newest segment ends %s from now: got %t", ends, got)
		}
	}
	for _, list := range []*m3u8.MediaPlaylist{{}, {Segments: []m3u8.Segment{{Duration: 2 * time.Second}}}} {
		if !isInTime(list, now) {
			t.Error("without a date: got false")
		}
	}
}
