package proxy

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// An EVENT playlist keeps its type and every segment since its start, and grows: of an
// EVENT playlist nothing may be removed (RFC 8216, 4.3.3.5 and 6.2.1).
func fieldEvent(f *field) {
	f.packagers(f.live(fieldLive{dur: 2 * time.Second, window: 1 << 20, ready: fieldWindow / 6, dated: true, head: fieldLine("#EXT-X-PLAYLIST-TYPE:EVENT")}).at("/ev/v.m3u8"))
	v := f.follow("/ev/v.m3u8", 16*time.Second, fieldPlayer{every: time.Second})
	f.plays(v, fieldWant{wait: 6 * time.Second, least: 7})
	f.whole(v, fieldWindow/6-2)
	if v.atEnd != nil {
		p := f.piece(v.atEnd.segments[0], 3)
		f.check(p.ok && (p.msn > 0 || p.second == 0), "its first segment: got %s, second %d, want 200 and second 0", p.got, p.second)
	}
}

// whole checks that the first and the last playlist of an event have all segments.
func (f *field) whole(v *fieldView, least int) {
	if len(v.looks) == 0 {
		return
	}
	for _, p := range []fieldLook{v.looks[0], v.looks[len(v.looks)-1]} {
		f.check(p.kind == "EVENT", "after %s: got type %q, want EVENT", p.at, p.kind)
		f.check(p.msn == 0 && len(p.segments) >= least, "after %s: got %d segments from number %d on, want all since number 0", p.at, len(p.segments), p.msn)
	}
}

// An EVENT over a kill keeps all that it had.
func fieldEventKill(f *field) {
	a, _ := f.packagers(f.live(fieldLive{window: 1 << 20, ready: 40, head: fieldLine("#EXT-X-PLAYLIST-TYPE:EVENT")}).at("/ev/v.m3u8"))
	f.after(5*time.Second, a.kill)
	v := f.follow("/ev/v.m3u8", 16*time.Second, fieldPlayer{start: 1 << 20})
	f.plays(v, fieldWant{wait: 6 * time.Second, least: 50, smooth: true})
	f.whole(v, 39)
	grown := 0
	for _, p := range v.looks {
		f.check(len(p.segments) >= grown, "after %s: got %d segments, want not fewer than the %d before", p.at, len(p.segments), grown)
		grown = max(grown, len(p.segments))
	}
}

// A window of hours stays that long, and a viewer may go back to its first
// segment: how long a segment stays listed is the packager's to say (RFC 8216, 6.2.2).
func fieldLongWindow(f *field) {
	f.packagers(f.long().at("/dvr/v.m3u8"))
	v := f.follow("/dvr/v.m3u8", 16*time.Second, fieldPlayer{every: 2500 * time.Millisecond})
	f.plays(v, fieldWant{wait: 8 * time.Second, least: 7})
	f.asLong(v)
}

func (f *field) long() *fieldLive {
	return f.live(fieldLive{dur: 2 * time.Second, window: fieldWindow, ready: fieldWindow + 1400, msn0: 100000, dated: true,
		names: func(n int) string { return fmt.Sprintf("v/%d/seg_%09d.ts", n/1000, n) }})
}

func (f *field) asLong(v *fieldView) {
	if len(v.looks) == 0 {
		return
	}
	for _, p := range []fieldLook{v.looks[0], v.looks[len(v.looks)-1]} {
		f.check(len(p.segments) >= fieldWindow-10, "after %s: got %d segments, want the %d of the packagers", p.at, len(p.segments), fieldWindow)
	}
	if len(v.atEnd.segments) > 10 {
		p := f.piece(v.atEnd.segments[3], 3)
		f.check(p.ok && p.second == p.msn-100000, "number %d, near the beginning: got %s, second %d, want second %d", p.msn, p.got, p.second, p.msn-100000)
	}
}

// The same over a kill: the window is as long as before.
func fieldLongWindowKill(f *field) {
	a, _ := f.packagers(f.long().at("/dvr/v.m3u8"))
	f.after(5*time.Second, a.kill)
	v := f.follow("/dvr/v.m3u8", 16*time.Second, fieldPlayer{every: 2500 * time.Millisecond})
	f.plays(v, fieldWant{wait: 8 * time.Second, least: 6, smooth: true})
	f.asLong(v)
}

// A window of one segment, and one that grows from 3 to 12 segments and shrinks again,
// are as the packager has them.
func fieldWindowChanges(f *field) {
	one := f.live(fieldLive{window: 1, dur: 2 * time.Second})
	few, many := f.live(fieldLive{window: 3, ready: 30}), f.live(fieldLive{window: 12, ready: 30})
	f.packagers(fieldEither(one.at("/one/v.m3u8"), fieldChange(f, 6*time.Second, few.at("/ch/v.m3u8"), fieldChange(f, 14*time.Second, many.at("/ch/v.m3u8"), few.at("/ch/v.m3u8")))))
	var v, w *fieldView
	f.together(func() { v = f.follow("/ch/v.m3u8", 22*time.Second) }, func() { w = f.follow("/one/v.m3u8", 22*time.Second) })
	f.plays(v, fieldWant{what: "a window that changes", wait: 4 * time.Second, least: 17, smooth: true})
	f.plays(w, fieldWant{what: "a window of one", wait: 6 * time.Second, least: 9, smooth: true})
}

// ENDLIST at both packagers is the end of the event, for the player too; at one of two
// it is not, as long as the other goes on.
func fieldEndsAtBoth(f *field) {
	live := f.live(fieldLive{})
	stopped := f.live(fieldLive{lasts: func(passed time.Duration) int { return min(18, int(passed/time.Second)-1) }, tail: func() string {
		if f.since() > 10*time.Second {
			return "#EXT-X-ENDLIST"
		}
		return ""
	}})
	f.packagers(fieldEither(live.at("/on/v.m3u8"), stopped.at("/ends/v.m3u8")))
	v := f.follow("/ends/v.m3u8", 30*time.Second)
	f.plays(v, fieldWant{wait: 4 * time.Second, least: 11})
	f.check(v.atEnd != nil && v.atEnd.ended, "got no end, want EXT-X-ENDLIST")
	f.check(f.since() < 20*time.Second, "got the end after %s, want it soon after 10 s", f.since())
	again := f.get("/ends/v.m3u8")
	f.check(again.status == 200 && again.playlist().ended, "asked again: got %s, want the ended playlist", again)
}

// The second packager says that it has ended, or has lost its source: the first goes on.
func fieldEndsAtSecond(f *field) { f.endsAt(1) }

// The same with the first: a plain proxy ends, we do not.
func fieldEndsAtFirst(f *field) { f.endsAt(0) }

func (f *field) endsAt(which int) {
	good := f.live(fieldLive{})
	ending := f.live(fieldLive{lasts: func(passed time.Duration) int { return min(15, int(passed/time.Second)-1) }, tail: func() string {
		if f.since() > 6*time.Second {
			return "#EXT-X-ENDLIST"
		}
		return ""
	}})
	answers := []fieldAnswer{good.at("/ch/v.m3u8"), good.at("/ch/v.m3u8")}
	answers[which] = ending.at("/ch/v.m3u8")
	f.packagers(answers...)
	v := f.follow("/ch/v.m3u8", 20*time.Second)
	f.plays(v, fieldWant{wait: 6 * time.Second, least: 15, smooth: true})
	f.check(v.atEnd != nil && !v.atEnd.ended, "got an end, want none while a packager goes on")
}

// An EVENT ends with ENDLIST at both: all of it is there, and its end.
func fieldEventEnds(f *field) {
	f.packagers(f.live(fieldLive{window: 1 << 20, head: fieldLine("#EXT-X-PLAYLIST-TYPE:EVENT"),
		lasts: func(passed time.Duration) int { return min(16, int(passed/time.Second)-1) }, tail: func() string {
			if f.since() > 8*time.Second {
				return "#EXT-X-ENDLIST"
			}
			return ""
		}}).at("/ev/v.m3u8"))
	v := f.follow("/ev/v.m3u8", 25*time.Second, fieldPlayer{start: 1 << 20})
	f.plays(v, fieldWant{wait: 4 * time.Second, least: 17, smooth: true})
	f.check(v.atEnd != nil && v.atEnd.ended && v.atEnd.msn == 0, "got no end, or not all of the event, want both")
}

// A recording goes on over a kill in its middle, and a packager that is dead before.
func fieldFilmKill(f *field) {
	text := "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-PLAYLIST-TYPE:VOD\n"
	for n := range 200 {
		text += fmt.Sprintf("#EXTINF:2.0,\nv%d.ts\n", n)
	}
	a, _ := f.packagers(func(r *fieldRequest) *fieldReply {
		if r.path == "/vod/v.m3u8" {
			return r.text(text + "#EXT-X-ENDLIST\n")
		}
		if n, ok := r.number("/vod/v", ".ts"); ok && n < 200 {
			return r.bytes(fieldSecond(n))
		}
		return nil
	})
	f.after(time.Second, a.kill)
	for i, at := range []time.Duration{0, 2 * time.Second} {
		time.Sleep(at - f.since())
		v := f.follow("/vod/v.m3u8", 10*time.Second, fieldPlayer{start: 20 + i})
		f.plays(v, fieldWant{wait: 6 * time.Second, least: 20})
		f.check(v.atEnd != nil && v.atEnd.ended && len(v.atEnd.segments) == 200, "got not the whole recording, want 200 segments and an end")
	}
}

// fieldThree is a packager of one signal in three renditions.
func fieldThree(live func() *fieldLive) fieldAnswer {
	return func(r *fieldRequest) *fieldReply {
		if r.path == "/ch/master.m3u8" {
			return r.text("#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"en\",DEFAULT=YES,URI=\"aud.m3u8\"\n" +
				"#EXT-X-STREAM-INF:BANDWIDTH=2000000,AUDIO=\"a\"\n720.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=1000000,AUDIO=\"a\"\n480.m3u8\n")
		}
		l := live()
		for _, name := range []string{"720", "480", "aud"} {
			if r.path == "/ch/"+name+".m3u8" {
				return r.text(l.playlistOf(func(n int) string { return fmt.Sprintf("%s-%d.ts", name, n) }))
			}
			if n, ok := r.number("/ch/"+name+"-", ".ts"); ok && n <= l.last() && n > l.last()-2*l.window {
				return r.bytes(l.body(n))
			}
		}
		return nil
	}
}

// equal checks that the same media has the same discontinuity number in all views.
func (f *field) equal(views ...*fieldView) {
	numbers := map[int]map[int]bool{}
	seen := map[int]int{}
	for _, v := range views {
		for _, p := range v.good {
			if p.second == fieldNone {
				continue
			}
			if numbers[p.second] == nil {
				numbers[p.second] = map[int]bool{}
			}
			numbers[p.second][p.dseq] = true
			seen[p.second]++
		}
	}
	common := 0
	for second, n := range seen {
		if n == len(views) {
			common++
			f.check(len(numbers[second]) == 1, "got discontinuity numbers %v for second %d, want one in all renditions", numbers[second], second)
		}
	}
	f.check(common >= 2, "got %d seconds of media common to the renditions, want the same media in them", common)
}

// Packagers restart from number 0, and then a player first asks for another variant:
// matching media has equal discontinuity numbers (RFC 8216, 6.2.4).
func fieldDiscontinuitySequence(f *field) { f.restarts(5 * time.Second) }

// The same after two restarts.
func fieldDiscontinuitySequenceTwice(f *field) { f.restarts(5*time.Second, 11*time.Second) }

func (f *field) restarts(at ...time.Duration) {
	var mu sync.Mutex
	run := f.live(fieldLive{ready: 20})
	f.packagers(fieldThree(func() *fieldLive {
		mu.Lock()
		defer mu.Unlock()
		return run
	}))
	f.get("/ch/master.m3u8")
	for _, wait := range at {
		f.after(wait, func() {
			mu.Lock()
			defer mu.Unlock()
			run = f.live(fieldLive{ready: 4, media0: run.second(run.last()) - 3}) // numbers from 0 again, the media goes on
		})
	}
	early := at[len(at)-1] + 11*time.Second
	f.together(func() { f.follow("/ch/720.m3u8", early) }, func() { f.follow("/ch/aud.m3u8", early) })
	names := []string{"720", "aud", "480"}
	views := make([]*fieldView, 3)
	f.each(3, func(i int) { views[i] = f.follow("/ch/"+names[i]+".m3u8", 6*time.Second) })
	for i, v := range views {
		f.plays(v, fieldWant{what: names[i], wait: 4 * time.Second, least: 4})
	}
	f.equal(views...)
}

// A kill is one event for all renditions of a signal: discontinuity numbers are equal
// after it, for one that is first asked for then too. The numbers of the packagers are
// those that they wrote, beginning with 7.
func fieldDiscontinuitySequenceKill(f *field) {
	live := f.live(fieldLive{ready: 30, head: fieldLine("#EXT-X-DISCONTINUITY-SEQUENCE:7")})
	a, _ := f.packagers(fieldThree(func() *fieldLive { return live }))
	f.get("/ch/master.m3u8")
	f.after(5*time.Second, a.kill)
	f.together(func() { f.follow("/ch/720.m3u8", 12*time.Second) }, func() { f.follow("/ch/aud.m3u8", 12*time.Second) })
	names := []string{"720", "aud", "480"}
	views := make([]*fieldView, 3)
	f.each(3, func(i int) { views[i] = f.follow("/ch/"+names[i]+".m3u8", 6*time.Second) })
	for i, v := range views {
		f.plays(v, fieldWant{what: names[i], wait: 4 * time.Second, least: 4})
		for _, p := range v.good {
			f.check(p.dseq >= 7, "%s: got discontinuity number %d, want 7 or more", names[i], p.dseq)
		}
	}
	f.equal(views...)
}

// Discontinuities of the packagers' own, with their numbers, are where they were made,
// and the numbers go on when they have left the window (RFC 8216, 4.3.3.3).
func fieldOwnDiscontinuities(f *field) {
	cuts := []int{8, 13, 18, 23}
	live := f.live(fieldLive{window: 4, per: func(n int) string {
		if slices.Contains(cuts, n) {
			return "#EXT-X-DISCONTINUITY"
		}
		return ""
	}})
	live.head = func() string {
		first, _ := live.listed()
		n := 3
		for _, c := range cuts {
			if c < first {
				n++
			}
		}
		return fmt.Sprintf("#EXT-X-DISCONTINUITY-SEQUENCE:%d", n)
	}
	a, _ := f.packagers(live.at("/ch/v.m3u8"))
	f.after(7*time.Second, a.kill)
	v := f.follow("/ch/v.m3u8", 20*time.Second)
	f.plays(v, fieldWant{wait: 6 * time.Second, least: 15})
	f.check(v.discontinuities() == len(cuts), "got %d discontinuities, want the four of the packagers", v.discontinuities())
	for i := 1; i < len(v.good); i++ {
		cut := v.good[i].dseq > v.good[i-1].dseq
		f.check(cut == slices.Contains(cuts, v.good[i].msn), "number %d: got a discontinuity %v, want one at %v", v.good[i].msn, cut, cuts)
	}
}
