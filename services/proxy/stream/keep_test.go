package stream

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"
)

// restarted ends the proxy's process and, after a while, lets another one continue with
// what was kept of these playlists; they are not played at first.
func restarted(after time.Duration, keys ...string) act {
	return func(w *world) {
		w.t.Helper()
		var kept []Kept
		for _, key := range keys {
			k, ok := w.state.Keep(key)
			if !ok {
				w.t.Fatalf("%s: %s: nothing to keep", w.now, key)
			}
			text, err := json.Marshal(k)
			if err != nil {
				w.t.Fatal(err)
			}
			var back Kept
			if err := json.Unmarshal(text, &back); err != nil {
				w.t.Fatal(err)
			}
			kept = append(kept, back)
		}
		w.now += after
		w.state, w.jobs = New(w.state.Packagers), nil
		clear(w.loads)
		for _, d := range w.delivered {
			d.last, d.good, d.ended = nil, false, false
		}
		for _, k := range kept {
			before := w.lists[k.Key].entries
			var effects []Effect
			w.state, effects = w.state.Restore(k, epoch.Add(w.now))
			for _, e := range effects {
				if _, is := e.(Index); !is { // what they mean is known
					w.do(e)
				}
			}
			w.lists[k.Key].entries = before
		}
		for _, key := range slices.Sorted(maps.Keys(w.lists)) { // players ask for the rest again
			if !slices.Contains(keys, key) {
				w.begin(key)
			}
		}
	}
}

func TestAnotherProcessGoesOn(t *testing.T) {
	window := func(n int64) act {
		return func(w *world) {
			w.t.Helper()
			p := w.state.playlists[video]
			if got := p.line.Entries[0].MSN; got != n {
				w.t.Fatalf("%s: first msn: got %d, want %d", w.now, got, n)
			}
		}
	}
	play(t, []scenario{
		{"where it was", []*simulated{{}, {}}, []act{
			begins(video), run(s10), restarted(time.Second, video), listed(video, "1000 1001 1002 1003 1004 1005"), wants(video, Merged, ""), active(one),
			run(s10), listed(video, "1005 1006 1007 1008 1009 1010"), moved(0),
		}},
		{"under its own numbers", []*simulated{{}, {base: -500}}, []act{
			begins(video), run(s10), becomes(0, dies), run(s10), restarted(time.Second, video), active(two),
			run(s10), listed(video, "1010 1011 1012 1013 1014 1015"), silent("r2-"),
		}},
		{"with the other packager", []*simulated{{}, {}}, []act{
			begins(video), run(s10), becomes(0, dies), restarted(time.Second, video), run(s10), active(two), listed(video, "1005 1006 1007 1008 1009 1010"),
		}},
		{"after a hole", []*simulated{{}, {}}, []act{
			begins(video), run(s10), restarted(20*time.Second, video), run(s10), listed(video, "1015 1016 1017 1018 1019 1020"),
		}},
		{"with all of a long window", []*simulated{{window: 200, event: true}}, []act{
			begins(video), run(s10), window(801), restarted(time.Second, video), window(886), run(s2), window(801), run(s10), window(801),
		}},
		{"a packager that lags says nothing of what has left", []*simulated{{lag: 3}, {lag: 3}}, []act{
			begins(video), run(s10), becomes(0, func(p *simulated) { p.lag = 0 }), run(s10), restarted(100*time.Millisecond, video),
			becomes(0, dies), run(500 * time.Millisecond), becomes(0, lives), run(s10),
		}},
		{"the same discontinuity numbers in all renditions", []*simulated{{}, {base: -500}}, []act{
			begins(main, video, audio), run(s10), becomes(0, dies), run(s10), numbered(video, audio), restarted(time.Second, video, audio),
			run(s10), numbered(video, audio), becomes(1, dies), becomes(0, lives), run(s10), numbered(video, audio),
		}},
	})
}

func TestNothingIsKeptOfWhatIsNotMerged(t *testing.T) {
	w := newWorld(t, &simulated{change: parts})
	w.begin(video)
	w.run(s2)
	if k, ok := w.state.Keep(video); ok {
		t.Errorf("passed through: got %+v, want nothing", k)
	}
	if _, ok := w.state.Keep(audio); ok {
		t.Error("not followed: want nothing")
	}
}

func TestWhatIsHeldDoesNotGrow(t *testing.T) {
	w := newWorld(t, &simulated{}, &simulated{base: -500}, &simulated{})
	w.played = true
	w.begin(video)
	var before []int
	for i := range 30 {
		w.packagers[0].down = i%3 == 1
		w.packagers[1].down = i%5 == 2
		w.run(20 * time.Second)
		if i == 9 {
			before = w.state.Sizes(video)
		}
	}
	after := w.state.Sizes(video)
	for i := range after {
		if after[i] > before[i]+20 {
			t.Errorf("held: got %v after %v", after, before)
		}
	}
	if len(w.state.playlists[video].records[0].proof.samples) > samplesMost {
		t.Error("samples: want them bounded")
	}
	w.state, _ = Step(w.state, Leave{w.at(), video})
	if n := len(w.state.playlists); n != 0 {
		t.Errorf("playlists: got %d, want none", n)
	}
}

// TestLeaveForgetsAll: what was indexed for a playlist is forgotten with it.
func TestLeaveForgetsAll(t *testing.T) {
	w := newWorld(t, &simulated{}, &simulated{base: -500})
	w.played = true
	uses := map[string]bool{}
	take := func(effects []Effect) {
		for _, e := range effects {
			switch e := e.(type) {
			case Index:
				for _, r := range e.Entry.Resources() {
					uses[r.ID()] = true
				}
			case Unindex:
				for _, id := range e.IDs {
					delete(uses, id)
				}
			}
		}
	}
	w.watch = take
	w.begin(video)
	for i := range 20 {
		w.packagers[0].down = i%3 == 1
		w.run(10 * time.Second)
	}
	w.step(Leave{w.at(), video})
	if len(uses) > 0 {
		t.Errorf("still indexed: %v", uses)
	}
}
