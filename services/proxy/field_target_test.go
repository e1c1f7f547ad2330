package proxy

import (
	"fmt"
	"math"
	"net/http"
	"strings"
	"sync"
	"time"
)

// longer is a live playlist of 2 s whose number long lasts so many seconds more.
func (f *field) longer(long, more int, l fieldLive) *fieldLive {
	l.dur = 2 * time.Second
	l.extinf = func(n int) time.Duration {
		if n == long {
			return l.dur + time.Duration(more)*time.Second
		}
		return l.dur
	}
	l.lasts = func(passed time.Duration) int {
		if n := int(passed/l.dur) - 1; n < long {
			return n
		}
		return max(long-1, int((passed-time.Duration(more)*time.Second)/l.dur)-1)
	}
	return f.live(l)
}

// below finds segments longer than the target duration of their playlist (RFC 8216,
// 4.3.3.1).
func (f *field) below(v *fieldView) {
	for _, p := range v.looks {
		for _, s := range p.segments {
			if p.target == 0 || math.Floor(s.duration+0.5) > p.target {
				f.check(false, "got number %d of %g s under a target duration of %g, want one not below any segment", s.msn, s.duration, p.target)
				return
			}
		}
	}
}

// One segment of 4 s among 2 s ones, the target duration of each list raised for it by
// all packagers: every segment is played (RFC 8216, 4.3.3.1 and 6.2.1).
func fieldLongerSegment(f *field) {
	f.packagers(f.longer(10, 2, fieldLive{ready: 8}).at("/ch/v.m3u8"))
	v := f.follow("/ch/v.m3u8", 26*time.Second)
	f.plays(v, fieldWant{wait: 7 * time.Second, least: 11})
	f.below(v)
}

// Two packagers say target durations 2 and 3 for the same segments; the first dies: the
// player goes on with the other. The target duration is an upper bound, so that either
// value holds for these segments (RFC 8216, 4.3.3.1).
func fieldTargetsDiffer(f *field) {
	a, _ := f.packagers(f.live(fieldLive{dur: 2 * time.Second, td: "2"}).at("/ch/v.m3u8"), f.live(fieldLive{dur: 2 * time.Second, td: "3"}).at("/ch/v.m3u8"))
	f.after(5*time.Second, a.kill)
	f.plays(f.follow("/ch/v.m3u8", 22*time.Second), fieldWant{wait: 8 * time.Second, least: 9})
}

// A segment longer than the target duration, which is not raised for it: it is played,
// whether both packagers have it so or the second alone says that it is longer.
func fieldLongerThanTarget(f *field) {
	f.packagers(f.longer(10, 2, fieldLive{ready: 8, td: "2"}).at("/ch/v.m3u8"))
	f.plays(f.follow("/ch/v.m3u8", 26*time.Second), fieldWant{wait: 7 * time.Second, least: 11, smooth: true})
}

func fieldLongerAtOne(f *field) {
	one := f.longer(10, 2, fieldLive{ready: 8, td: "2"})
	two := f.longer(10, 2, fieldLive{ready: 8})
	a, _ := f.packagers(one.at("/ch/v.m3u8"), two.at("/ch/v.m3u8"))
	f.after(12*time.Second, a.kill)
	f.plays(f.follow("/ch/v.m3u8", 30*time.Second), fieldWant{wait: 9 * time.Second, least: 12})
}

// Every segment is longer than the target duration: a packager that never says it right.
func fieldAlwaysLonger(f *field) {
	f.packagers(f.live(fieldLive{dur: 2 * time.Second, td: "1"}).at("/ch/v.m3u8"))
	f.plays(f.follow("/ch/v.m3u8", 14*time.Second), fieldWant{wait: 6 * time.Second, least: 7, smooth: true})
}

// Segments of irregular length, from 0.4 s to 3.6 s, as key frames come.
func fieldIrregular(f *field) {
	lengths := []int{20, 4, 36, 12, 28, 8, 32, 20} // tenths of a second; 16 s in all
	var ends []time.Duration
	total := time.Duration(0)
	for n := range 80 {
		total += time.Duration(lengths[n%len(lengths)]) * 100 * time.Millisecond
		ends = append(ends, total)
	}
	a, _ := f.packagers(f.live(fieldLive{dur: 2 * time.Second, ready: 8,
		extinf: func(n int) time.Duration { return time.Duration(lengths[n%len(lengths)]) * 100 * time.Millisecond },
		lasts: func(passed time.Duration) int {
			n := -1
			for n+1 < len(ends) && ends[n+1] <= passed {
				n++
			}
			return n
		}}).at("/ch/v.m3u8"))
	f.after(9*time.Second, a.kill)
	f.plays(f.follow("/ch/v.m3u8", 24*time.Second), fieldWant{wait: 9 * time.Second, least: 11, smooth: true})
}

// fieldChange is a packager that becomes another one at a time.
func fieldChange(f *field, at time.Duration, before, after fieldAnswer) fieldAnswer {
	return func(r *fieldRequest) *fieldReply {
		if f.since() < at {
			return before(r)
		}
		return after(r)
	}
}

// Packagers are reconfigured from segments of 2 s to 4 s while a player plays, and
// numbers and media go on: so does the player. The other way round, the target duration
// falls.
func fieldReconfigured(f *field) {
	var answers []fieldAnswer
	for i, d := range [][2]time.Duration{{2 * time.Second, 4 * time.Second}, {4 * time.Second, 2 * time.Second}} {
		old := f.live(fieldLive{dur: d[0], ready: 10, window: 4})
		at := 8 * time.Second
		next := 10 + int(at/d[0]) // the first number of the new length
		both := func(n int) time.Duration {
			if n < next {
				return d[0]
			}
			return d[1]
		}
		changed := f.live(fieldLive{dur: d[1], window: 4, extinf: both, lasts: func(passed time.Duration) int {
			return next - 1 + int(passed/d[1])
		}, t0: f.began.Add(at), body: func(n int) []byte { return fieldSecond(n) }})
		path := fmt.Sprintf("/c%d/v.m3u8", i)
		answers = append(answers, fieldChange(f, at, old.at(path), changed.at(path)))
	}
	f.packagers(fieldEither(answers...))
	f.each(2, func(i int) {
		v := f.follow(fmt.Sprintf("/c%d/v.m3u8", i), 28*time.Second)
		f.plays(v, fieldWant{what: []string{"2 s to 4 s", "4 s to 2 s"}[i], wait: 9 * time.Second, least: 8})
		f.below(v)
	})
}

// Packagers are started anew with another length of segments: numbers from 0 again,
// the media goes on. A player plays on, or starts over with the new numbers.
func fieldReconfiguredFromZero(f *field) {
	old := f.live(fieldLive{dur: 2 * time.Second, ready: 40})
	changed := f.live(fieldLive{dur: 4 * time.Second, t0: f.began.Add(2 * time.Second), media0: 45, td: "4"})
	f.packagers(fieldChange(f, 10*time.Second, old.at("/ch/v.m3u8"), changed.at("/ch/v.m3u8")))
	v := f.follow("/ch/v.m3u8", 34*time.Second)
	f.plays(v, fieldWant{wait: 10 * time.Second, least: 9, anyOrder: true})
	again, _ := v.repeated()
	f.check(len(again) <= 1, "got media again at numbers %v, want it once", again)
	f.check(v.atEnd != nil && v.atEnd.target == 4, "got target duration %g at the end, want 4", v.atEnd.target)
}

// A media playlist becomes a multivariant one at the same path, and is a media playlist
// again later: players get what packagers have.
func fieldMediaToMultivariant(f *field) {
	live := f.live(fieldLive{})
	plain := live.at("/ch/live.m3u8")
	master := fieldEither(fieldPages(map[string]func() string{"/ch/live.m3u8": fieldLine(fieldMaster("v.m3u8"))}), live.at("/ch/v.m3u8"))
	f.packagers(fieldChange(f, 6*time.Second, plain, fieldChange(f, 20*time.Second, master, plain)))
	f.plays(f.follow("/ch/live.m3u8", 5*time.Second), fieldWant{what: "media playlist", wait: 4 * time.Second, least: 3})
	time.Sleep(10*time.Second - f.since())
	for _, address := range f.variants(f.get("/ch/live.m3u8"), "multivariant since 4 s") {
		f.plays(f.follow(address, 5*time.Second), fieldWant{what: "its variant", wait: 4 * time.Second, least: 3})
	}
	time.Sleep(24*time.Second - f.since())
	f.plays(f.follow("/ch/live.m3u8", 6*time.Second), fieldWant{what: "media playlist again", wait: 4 * time.Second, least: 4})
}

// Segments become available 1.8 s after they are listed, with a target duration of 2 s: a
// player that repeats its requests gets all of them. A GAP would mean that a segment does
// not come; one that comes within a target duration is not a gap (RFC 8216, 6.2.1;
// 8216bis, 4.4.4.7).
func fieldLateSegments(f *field) { f.late(http.StatusNotFound) }

// The same where packagers say 503 until then.
func fieldLateSegmentsUnavailable(f *field) { f.late(http.StatusServiceUnavailable) }

func (f *field) late(status int) {
	live := f.live(fieldLive{dur: 2 * time.Second})
	f.packagers(func(r *fieldRequest) *fieldReply {
		if n, ok := r.number("/ch/seg", ".ts"); ok && time.Since(live.t0) < time.Duration(n+1)*2*time.Second+1800*time.Millisecond {
			return r.status(status)
		}
		return live.at("/ch/v.m3u8")(r)
	})
	f.plays(f.follow("/ch/v.m3u8", 20*time.Second, fieldPlayer{tries: 14}), fieldWant{wait: 7 * time.Second, least: 8})
}

// Segments that are listed before they are there, and are held until they are: 1.5 s.
func fieldHeldSegments(f *field) {
	live := f.live(fieldLive{dur: 2 * time.Second})
	f.packagers(func(r *fieldRequest) *fieldReply {
		if n, ok := r.number("/ch/seg", ".ts"); ok {
			time.Sleep(time.Until(live.t0.Add(time.Duration(n+1)*2*time.Second + 1500*time.Millisecond)))
		}
		return live.at("/ch/v.m3u8")(r)
	})
	f.plays(f.follow("/ch/v.m3u8", 20*time.Second), fieldWant{wait: 6 * time.Second, least: 8, smooth: true})
}

// Segments that come while they are made, a tenth at a time over 1.6 s.
func fieldTrickle(f *field) {
	live := f.live(fieldLive{dur: 2 * time.Second})
	f.packagers(func(r *fieldRequest) *fieldReply {
		got := live.at("/ch/v.m3u8")(r)
		if _, ok := r.number("/ch/seg", ".ts"); ok && got != nil {
			got.chunks, got.pause = 10, 160*time.Millisecond
		}
		return got
	})
	f.plays(f.follow("/ch/v.m3u8", 20*time.Second), fieldWant{wait: 6 * time.Second, least: 8, smooth: true})
}

// Late segments at one packager alone, the other has them at once, and dies.
func fieldLateAtOne(f *field) {
	live := f.live(fieldLive{dur: 2 * time.Second})
	late := func(r *fieldRequest) *fieldReply {
		if n, ok := r.number("/ch/seg", ".ts"); ok && time.Since(live.t0) < time.Duration(n+1)*2*time.Second+1500*time.Millisecond {
			return nil
		}
		return live.at("/ch/v.m3u8")(r)
	}
	a, _ := f.packagers(live.at("/ch/v.m3u8"), late)
	f.after(7*time.Second, a.kill)
	f.plays(f.follow("/ch/v.m3u8", 22*time.Second, fieldPlayer{tries: 14}), fieldWant{wait: 7 * time.Second, least: 8})
}

// A channel begins while a player waits: 404 at first, then a playlist without a segment,
// then segments.
func fieldBeginsLate(f *field) {
	live := f.live(fieldLive{t0: f.began.Add(6 * time.Second)})
	f.packagers(func(r *fieldRequest) *fieldReply {
		if f.since() < 4*time.Second {
			return nil
		}
		return live.at("/ch/v.m3u8")(r)
	})
	f.plays(f.follow("/ch/v.m3u8", 18*time.Second), fieldWant{wait: 11 * time.Second, least: 8})
}

// An event has ended and is followed by the next one at the same path, with numbers from
// 0: a player that comes then plays the new one.
func fieldNextEvent(f *field) {
	var mu sync.Mutex
	run := f.live(fieldLive{})
	f.packagers(func(r *fieldRequest) *fieldReply {
		mu.Lock()
		defer mu.Unlock()
		got := run.at("/ch/v.m3u8")(r)
		if r.path == "/ch/v.m3u8" && f.since() > 5*time.Second && f.since() < 20*time.Second {
			got.body = append(got.body, "#EXT-X-ENDLIST\n"...)
		}
		return got
	})
	v := f.follow("/ch/v.m3u8", 12*time.Second)
	f.check(v.atEnd != nil && v.atEnd.ended, "the first event: got no end, want one")
	time.Sleep(20*time.Second - f.since())
	mu.Lock()
	run = f.live(fieldLive{ready: 2, media0: 50})
	mu.Unlock()
	time.Sleep(4 * time.Second)
	v = f.follow("/ch/v.m3u8", 9*time.Second)
	f.plays(v, fieldWant{what: "the next event", wait: 4 * time.Second, least: 6})
	for _, p := range v.good {
		f.check(p.second >= 50, "the next event: got second %d under number %d, want media of it", p.second, p.msn)
	}
	f.check(v.atEnd == nil || !v.atEnd.ended, "the next event: got an end, want none")
}

// Media sequence numbers from the clock, beyond 32 bits, are numbers.
func fieldHugeNumbers(f *field) {
	a, _ := f.packagers(f.live(fieldLive{msn0: 1764370800123, media0: 0}).at("/ch/v.m3u8"))
	f.after(5*time.Second, a.kill)
	v := f.follow("/ch/v.m3u8", 14*time.Second)
	f.plays(v, fieldWant{wait: 6 * time.Second, least: 9, smooth: true})
	for _, p := range v.good[:min(1, len(v.good))] {
		f.check(strings.Contains(p.uri, fmt.Sprint(1764370800123+p.second)), "got %s with second %d, want the segment of that number", p.uri, p.second)
	}
}
