package stream

import (
	"net/http"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
)

const (
	s2  = 2 * time.Second
	s10 = 10 * time.Second
)

func TestPackagersAreMerged(t *testing.T) {
	play(t, []scenario{
		{"two that agree", []*simulated{{}, {}}, []act{
			begins(video), wants(video, Merged, ""), listed(video, "995 996 997 998 999 1000"), active(one), run(s10), listed(video, "1000 1001 1002 1003 1004 1005"), moved(0),
		}},
		{"one alone", []*simulated{{}}, []act{begins(video), run(s10), listed(video, "1000 1001 1002 1003 1004 1005")}},
		{"the first choice is at the live edge", []*simulated{{lag: 5}, {}}, []act{begins(video), active(two), run(s10), listed(video, "1000 1001 1002 1003 1004 1005")}},
		{"what one has before the other is listed", []*simulated{{lag: 1}, {}}, []act{begins(video), run(s10), listed(video, "1000 1001 1002 1003 1004 1005")}},
		{"the window is the longest one", []*simulated{{window: 4}, {window: 8}}, []act{begins(video), run(s10), listed(video, "998 999 1000 1001 1002 1003 1004 1005")}},
		{"a packager that comes up later joins", []*simulated{{}, {down: true}}, []act{
			begins(video), run(s10), becomes(1, lives), run(s2), becomes(0, dies), run(s10), active(two), listed(video, "1006 1007 1008 1009 1010 1011"),
		}},
		{"nobody is there at first", []*simulated{{down: true}, {down: true}}, []act{
			begins(video), wants(video, Waiting, ""), run(s10), becomes(1, lives), run(s2), wants(video, Merged, ""), active(two), listed(video, "1000 1001 1002 1003 1004 1005 1006"),
		}},
		{"names without a number that are used again", []*simulated{{cycle: 20}, {cycle: 20}}, []act{
			begins(video), run(100 * time.Second), wants(video, Merged, ""), listed(video, "1045 1046 1047 1048 1049 1050"),
			becomes(0, dies), run(s10), active(two), listed(video, "1050 1051 1052 1053 1054 1055"),
		}},
		{"tokens that change are no other names", []*simulated{{query: "?t=1"}, {query: "?t=2"}}, []act{
			begins(video), run(s10), becomes(0, func(p *simulated) { p.query = "?t=3" }), run(s10), becomes(0, dies), run(s10),
			active(two), listed(video, "1010 1011 1012 1013 1014 1015"),
		}},
		{"an event loses nothing", []*simulated{{event: true}, {event: true}}, []act{
			begins(video), run(s10), becomes(0, dies), run(s10), listed(video, "995 996 997 998 999 1000 1001 1002 1003 1004 1005 1006 1007 1008 1009 1010"),
		}},
	})
}

func TestFailover(t *testing.T) {
	other := []*simulated{{}, {encoder: 1}}
	play(t, []scenario{
		{"refused connections", []*simulated{{}, {}}, []act{
			begins(video), run(s10), becomes(0, dies), run(s10), active(two), moved(1), listed(video, "1005 1006 1007 1008 1009 1010"),
		}},
		{"a refusal of one alone", []*simulated{{}, {}}, []act{
			begins(video), run(s10), becomes(0, refuses(http.StatusForbidden)), run(s10), active(two), wants(video, Merged, ""), listed(video, "1005 1006 1007 1008 1009 1010"),
		}},
		{"frozen", []*simulated{{}, {}}, []act{
			begins(video), run(s10), becomes(0, func(p *simulated) { p.frozen = 1005 }), run(s10), active(two), listed(video, "1005 1006 1007 1008 1009 1010"),
		}},
		{"segments that it does not have", []*simulated{{}, {}}, []act{
			begins(video), run(s10), becomes(0, func(p *simulated) { p.mute = true }), run(s10), active(two), listed(video, "1005 1006 1007 1008 1009 1010"),
		}},
		{"other bytes of the same media are the same", []*simulated{{}, {own: true}}, []act{
			begins(video), run(s10), becomes(0, dies), run(s10), active(two), listed(video, "1005 1006 1007 1008 1009 1010"), silent("discontinuity"),
		}},
		{"other media under the same names goes on under a discontinuity", other, []act{
			begins(video), run(s10), said("other media", two), becomes(0, dies), run(s10), active(two), said("going on under a discontinuity"),
		}},
		{"not yet proved, and players play: a discontinuity or proof", []*simulated{{}, {down: true, encoder: 1}}, []act{
			begins(video), run(s10), becomes(1, lives), becomes(0, dies), run(s10), active(two), wants(video, Merged, ""), said("going on under a discontinuity"),
		}},
		{"not yet proved, and the same", []*simulated{{}, {down: true}}, []act{
			begins(video), run(s10), becomes(1, lives), becomes(0, dies), run(s10), active(two), listed(video, "1005 1006 1007 1008 1009 1010"), silent("discontinuity"),
		}},
		{"nobody plays: no proof is asked for", []*simulated{{}, {encoder: 1}}, []act{
			unplayed, begins(video), run(s10), becomes(0, dies), run(s10), active(two), listed(video, "1005 1006 1007 1008 1009 1010"), silent("discontinuity"),
		}},
		{"other numbers", []*simulated{{}, {base: -500}}, []act{
			begins(video), run(s10), becomes(0, dies), run(s10), active(two), listed(video, "1005 D1006 1007 1008 1009 1010"),
		}},
		{"other names of the same are proved to be", []*simulated{{}, {prefix: "x"}}, []act{
			begins(video), run(s10), becomes(0, dies), run(s10), active(two), listed(video, "1005 1006 1007 1008 1009 1010"), silent("discontinuity"),
		}},
		{"other names of other media", []*simulated{{}, {prefix: "x", encoder: 1}}, []act{
			begins(video), run(s10), becomes(0, dies), run(s10), active(two), said("going on under a discontinuity"),
		}},
		{"a clock that is an hour behind", []*simulated{{}, {base: -500, clock: -time.Hour}}, []act{
			begins(video), run(s10), becomes(0, dies), run(s10), active(two), listed(video, "1005 D1006 1007 1008 1009 1010"),
		}},
		{"one that begins at 0 again", []*simulated{{}}, []act{
			begins(video), run(s10), becomes(0, dies), run(s2), func(w *world) { restarts(w, 0) }, becomes(0, lives), run(s10), wants(video, Merged, ""), listed(video, "D1006 1007 1008 1009 1010 1011"),
		}},
		{"both begin at 0 again", []*simulated{{}, {}}, []act{
			begins(video), run(s10), func(w *world) { restarts(w, 0); restarts(w, 1) }, run(s10), wants(video, Merged, ""), listed(video, "1005 D1006 1007 1008 1009 1010"),
		}},
		{"one of two begins at 0 again, and is left", []*simulated{{}, {}}, []act{
			begins(video), run(s10), func(w *world) { restarts(w, 0) }, run(s10), active(two), listed(video, "1005 1006 1007 1008 1009 1010"), said("cannot stand in", one),
		}},
		{"back after the wait, if that one is preferred", []*simulated{{}, {}}, []act{
			begins(video), func(w *world) { w.step(Preferred{w.at(), one}) }, run(s10), becomes(0, dies), run(s10), active(two), becomes(0, lives),
			run(40 * time.Second), active(one), moved(2), listed(video, "1025 1026 1027 1028 1029 1030"),
		}},
		{"all gone, and back", []*simulated{{}, {}}, []act{
			begins(video), run(s10), becomes(0, dies), becomes(1, dies), run(s10), listed(video, "1000 1001 1002 1003 1004 1005"), wants(video, Merged, ""),
			becomes(0, lives), run(s10), listed(video, "1010 1011 1012 1013 1014 1015"),
		}},
	})
}

func TestRenditionsHaveTheSameDiscontinuityNumbers(t *testing.T) {
	play(t, []scenario{
		{"packagers have their own", []*simulated{{breaks: 4}, {breaks: 4}}, []act{
			begins(main, video, audio), run(s10), numbered(video, audio), becomes(0, dies), run(s10), numbered(video, audio),
		}},
		{"one was added", []*simulated{{}, {base: -500}}, []act{
			begins(main, video, audio), run(s10), becomes(0, dies), run(s10), numbered(video, audio),
		}},
		{"one was added before the other was asked for", []*simulated{{}, {base: -500}}, []act{
			begins(main, video), run(s10), becomes(0, dies), run(s10), begins(audio), run(s2), numbered(video, audio),
			run(30 * time.Second), numbered(video, audio),
		}},
		{"one was added before, and packagers have their own", []*simulated{{breaks: 3}, {base: -500, breaks: 3}}, []act{
			begins(main, video), run(s10), becomes(0, dies), run(s10), begins(audio), run(s2), numbered(video, audio),
		}},
		{"one rendition alone broke, the other follows", []*simulated{{}, {}}, []act{
			begins(main, video, audio), run(s10),
			func(w *world) { w.state.broke(w.state.playlists[audio]) }, // as if its segments had
			func(w *world) { w.state.playlists[audio].line.Number++ },
			func(w *world) { w.lists[audio].checker = nil },
			run(20 * time.Second), numbered(video, audio),
		}},
		{"a hole of more than a window in both", []*simulated{{}, {}}, []act{
			begins(main, video, audio), run(s10), becomes(0, dies), becomes(1, dies), run(2 * time.Minute), becomes(0, lives), becomes(1, lives), run(s10),
			numbered(video, audio), run(30 * time.Second), numbered(video, audio),
		}},
		{"two in a row", []*simulated{{}, {base: -500}, {base: -900}}, []act{
			begins(main, video, audio), run(s10), becomes(0, dies), run(s10), becomes(1, dies), run(s10), active(three), numbered(video, audio),
			func(w *world) { w.forget(audio); w.step(Leave{w.at(), audio}) }, begins(audio), run(s2), numbered(video, audio),
		}},
	})
}

func TestWhatCannotBeMergedIsPassedThrough(t *testing.T) {
	low := func(p *simulated) { p.change = parts }
	variables := func(l *m3u8.MediaPlaylist) { l.Unknown = []m3u8.Tag{`#EXT-X-DEFINE:NAME="a",VALUE="b"`} }
	vod := func(l *m3u8.MediaPlaylist) { l.PlaylistType = "VOD" }
	play(t, []scenario{
		{"a multivariant playlist", []*simulated{{}, {}}, []act{
			begins(main), run(s2), wants(main, PassedThrough, "multivariant"), becomes(0, dies), run(s10), wants(main, PassedThrough, "multivariant"),
		}},
		{"a recording", []*simulated{{end: true, change: vod, frozen: 1000}, {end: true, change: vod, frozen: 1000}}, []act{
			begins(video), run(s2), wants(video, PassedThrough, "ended"), ended(video, true), becomes(0, dies), run(s10), ended(video, true),
		}},
		{"low latency, and a failover", []*simulated{{change: parts}, {change: parts}}, []act{
			begins(video), run(s2), wants(video, PassedThrough, "low latency"), run(s10), becomes(0, dies), run(s10), active(two), wants(video, PassedThrough, "low latency"),
		}},
		{"variables", []*simulated{{change: variables}, {change: variables}}, []act{begins(video), run(s2), wants(video, PassedThrough, "EXT-X-DEFINE")}},
		{"reconfigured to low latency and back", []*simulated{{}, {}}, []act{
			begins(video), run(s10), wants(video, Merged, ""), becomes(0, low), becomes(1, low), run(s10), wants(video, PassedThrough, "low latency"),
			becomes(0, func(p *simulated) { p.change = nil }), becomes(1, func(p *simulated) { p.change = nil }), run(s10), wants(video, Merged, ""),
		}},
		{"reconfigured to a multivariant playlist and back", []*simulated{{}, {}}, []act{
			begins(video), run(s10), becomes(0, func(p *simulated) { p.multi = true }), becomes(1, func(p *simulated) { p.multi = true }), run(s10), wants(video, PassedThrough, "multivariant"),
			becomes(0, func(p *simulated) { p.multi = false }), becomes(1, func(p *simulated) { p.multi = false }), run(s10), wants(video, Merged, ""),
		}},
		{"a multivariant playlist that becomes low latency, then all die", []*simulated{{multi: true}, {multi: true}}, []act{
			begins(video), run(s10), becomes(0, func(p *simulated) { p.multi, p.change = false, parts }), becomes(1, func(p *simulated) { p.multi, p.change = false, parts }), run(s10),
			wants(video, PassedThrough, "low latency"), becomes(0, dies), becomes(1, dies), run(s10), wants(video, PassedThrough, "low latency"),
		}},
		{"one of two becomes a multivariant playlist", []*simulated{{}, {}}, []act{
			begins(video), run(s10), becomes(1, func(p *simulated) { p.multi = true }), run(s10), wants(video, Merged, ""), listed(video, "1005 1006 1007 1008 1009 1010"),
			becomes(1, func(p *simulated) { p.multi = false }), run(s10), becomes(0, func(p *simulated) { p.multi = true }), run(s10), wants(video, Merged, ""), listed(video, "1015 1016 1017 1018 1019 1020"),
		}},
		{"one of two multivariant copies becomes a media playlist", []*simulated{{}, {}}, []act{
			func(w *world) { w.packagers[0].multi, w.packagers[1].multi = true, true }, begins(video), run(s10),
			becomes(0, func(p *simulated) { p.multi = false }), run(s10), wants(video, PassedThrough, "multivariant"), func(w *world) {
				if !m3u8.IsMultivariant(w.lists[video].shown.Body) {
					w.t.Fatalf("got\n%s\nwant the copy of the other", w.lists[video].shown.Body)
				}
			},
		}},
		{"one lists nothing for a while, and the other goes on", []*simulated{{}, {}}, []act{
			begins(video), run(s10), becomes(0, func(p *simulated) { p.change = func(l *m3u8.MediaPlaylist) { l.Segments = nil } }), run(s10),
			wants(video, Merged, ""), active(two), listed(video, "1005 1006 1007 1008 1009 1010"), silent("discontinuity"),
		}},
	})
}

func TestRefusals(t *testing.T) {
	later := func(w *world) { w.run(15 * time.Second) }
	play(t, []scenario{
		{"all agree", []*simulated{{status: 404}, {status: 404}}, []act{begins(video), wants(video, Refused, "refuse"), answers(video, 404, "", "")}},
		{"all agree on another", []*simulated{{status: 403}, {status: 403}}, []act{begins(video), wants(video, Refused, "refuse"), answers(video, 403, "", "")}},
		{"one only", []*simulated{{status: 404}, {}}, []act{begins(video), run(s2), wants(video, Merged, ""), active(two)}},
		{"one, and the other is down", []*simulated{{status: 404}, {down: true}}, []act{begins(video), wants(video, Refused, "refuse"), answers(video, 404, "", "")}},
		{"none: they are down", []*simulated{{down: true}, {status: 503}}, []act{begins(video), run(s10), wants(video, Waiting, "")}},
		{"after it was served: not at once", []*simulated{{}, {}}, []act{
			begins(video), run(s10), becomes(0, refuses(404)), becomes(1, refuses(404)), run(5 * time.Second), wants(video, Merged, ""),
		}},
		{"after it was served: at last", []*simulated{{}, {}}, []act{
			begins(video), run(s10), becomes(0, refuses(404)), becomes(1, refuses(404)), later, wants(video, Refused, "refuse"),
			becomes(0, lives), run(s2), wants(video, Merged, ""),
		}},
		{"gone for good, at the second word", []*simulated{{}, {}}, []act{
			begins(video), run(s10), becomes(0, refuses(410)), becomes(1, refuses(410)), run(s2), wants(video, Refused, "refuse"), answers(video, 410, "", ""),
		}},
		{"too many requests never end what is served", []*simulated{{}, {}}, []act{
			begins(video), run(s10), becomes(0, refuses(429)), becomes(1, refuses(429)), later, wants(video, Merged, ""),
		}},
		{"led elsewhere", []*simulated{{location: "http://cdn.example/x.m3u8"}, {location: "http://cdn.example/x.m3u8"}}, []act{
			begins(video), run(s2), wants(video, Refused, "refuse"), answers(video, 302, "Location", "http://cdn.example/x.m3u8"),
		}},
		{"one leads elsewhere, the other has it", []*simulated{{location: "http://cdn.example/x.m3u8"}, {}}, []act{begins(video), run(s2), wants(video, Merged, "")}},
		{"each player is answered apart", []*simulated{{one: "it sets a cookie"}, {one: "it sets a cookie"}}, []act{begins(video), run(s2), wants(video, Forwarded, "cookie")}},
		{"it cannot be read", []*simulated{{odd: true}, {odd: true}}, []act{
			begins(video), run(s2), wants(video, Forwarded, "no playlist that can be read"), becomes(0, lives), run(s2), wants(video, Merged, ""),
		}},
		{"one cannot be read", []*simulated{{odd: true}, {}}, []act{begins(video), run(s2), wants(video, Merged, ""), active(two)}},
		{"what was served cannot be read any more", []*simulated{{}, {}}, []act{
			begins(video), run(s10), becomes(0, func(p *simulated) { p.odd = true }), becomes(1, func(p *simulated) { p.odd = true }), run(s10), wants(video, Merged, ""),
		}},
	})
}

func TestEnds(t *testing.T) {
	play(t, []scenario{
		{"all say so", []*simulated{{}, {}}, []act{
			begins(video), run(s10), func(w *world) { w.packagers[0].frozen, w.packagers[1].frozen = 1005, 1005 }, becomes(0, ends), becomes(1, ends),
			run(time.Second), ended(video, false), run(s2), ended(video, true), listed(video, "1000 1001 1002 1003 1004 1005"),
		}},
		{"one says so", []*simulated{{}, {}}, []act{
			begins(video), run(s10), becomes(0, func(p *simulated) { p.frozen = 1005 }), becomes(0, ends), run(s10), ended(video, false), listed(video, "1005 1006 1007 1008 1009 1010"),
		}},
		{"one says so as it dies", []*simulated{{}}, []act{
			begins(video), run(s10), becomes(0, ends), run(500 * time.Millisecond), becomes(0, dies), run(s10), ended(video, false),
		}},
		{"one that lives says so, the other is down", []*simulated{{}, {}}, []act{
			begins(video), run(s10), becomes(1, dies), becomes(0, func(p *simulated) { p.frozen = 1005 }), becomes(0, ends), run(s10), ended(video, true),
		}},
		{"and it goes on", []*simulated{{}}, []act{
			begins(video), run(s10), becomes(0, func(p *simulated) { p.frozen = 1005 }), becomes(0, ends), run(s10), ended(video, true),
			becomes(0, func(p *simulated) { p.frozen, p.end = 0, false }), run(s10), ended(video, false), listed(video, "1010 1011 1012 1013 1014 1015"),
		}},
	})
}

func TestLateSegments(t *testing.T) {
	late := func(d time.Duration) []*simulated { return []*simulated{{late: d}, {late: d}} }
	play(t, []scenario{
		{"half a target duration", late(time.Second), []act{begins(video), run(30 * time.Second), moved(0), silent("missing"), wants(video, Merged, "")}},
		{"one and a half", late(3 * time.Second), []act{begins(video), run(30 * time.Second), moved(0), silent("missing"), wants(video, Merged, "")}},
		{"never at all", []*simulated{{}, {}}, []act{
			begins(video), run(s10), becomes(0, func(p *simulated) { p.mute = true }), becomes(1, func(p *simulated) { p.mute = true }),
			run(3 * time.Second), silent("missing"), run(3 * time.Second), said("missing at every packager"),
		}},
	})
}

func TestHoles(t *testing.T) {
	skip := func(n int64) func(p *simulated) {
		return func(p *simulated) { p.from = n }
	}
	play(t, []scenario{
		{"one that its peer fills", []*simulated{{}, {}}, []act{
			begins(video), run(s10), becomes(0, skip(1007)), run(s10), listed(video, "1005 1006 1007 1008 1009 1010"), silent("missing"),
		}},
		{"one that nobody fills", []*simulated{{}, {}}, []act{
			begins(video), run(s10), becomes(0, dies), becomes(1, dies), run(4 * time.Second), becomes(0, skip(1008)), becomes(1, skip(1008)), becomes(0, lives), becomes(1, lives), run(6 * time.Second),
			listed(video, "1005 G G 1008 1009 1010"), said("segments are missing at every packager"),
		}},
		{"more than a window", []*simulated{{}, {}}, []act{
			begins(video), run(s10), becomes(0, dies), becomes(1, dies), run(time.Minute), becomes(0, lives), becomes(1, lives), run(s10),
			listed(video, "1035 1036 1037 1038 1039 1040"), wants(video, Merged, ""),
		}},
	})
}

func TestWhatBringsNothingIsPassedThrough(t *testing.T) {
	again := func(w *world) { // it contradicts itself again and again
		for range 8 {
			w.packagers[0].encoder++
			restarts(w, 0)
			w.run(7 * time.Second)
		}
	}
	blocked := func(w *world) { // by something that nobody thought of
		for range 30 {
			w.state.playlists[video].media.appended = epoch.Add(time.Hour)
			w.run(500 * time.Millisecond)
		}
	}
	play(t, []scenario{
		{"the timeline stands still though its packager moves, and comes right", []*simulated{{}}, []act{
			begins(video), run(s10), func(w *world) { restarts(w, 0) }, blocked, wants(video, PassedThrough, "merging brings nothing new"),
			run(10 * time.Second), wants(video, PassedThrough, "merging brings nothing new"), run(time.Minute), wants(video, Merged, ""),
			listed(video, "1042 1043 1044 1045 1046 1047"),
		}},
		{"it contradicts itself again and again, and comes right", []*simulated{{}}, []act{
			begins(video), run(s10), again, wants(video, PassedThrough, "again and again"), run(3 * time.Minute), wants(video, Merged, ""),
		}},
		{"one URI for two segments at once", []*simulated{{cycle: 4}}, []act{
			lies, begins(video), run(s10), wants(video, PassedThrough, "one URI"),
		}},
	})
}
