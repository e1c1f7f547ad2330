package proxy

import (
	"strings"
	"sync"
	"time"
)

// Packagers that began two segments apart, same names and numbers, other media; the
// first dies: the jump of media is marked. A DISCONTINUITY stands where the timeline of
// the media does not go on (RFC 8216, 4.3.2.3).
func fieldOffsetKill(f *field) {
	a, _ := f.packagers(f.live(fieldLive{ready: 22}).at("/ch/v.m3u8"), f.live(fieldLive{ready: 20, media0: 2}).at("/ch/v.m3u8"))
	f.after(7*time.Second, a.kill)
	f.plays(f.follow("/ch/v.m3u8", 20*time.Second), fieldWant{wait: 7 * time.Second, least: 12})
}

// The same, and the first comes back: each change of the media is marked.
func fieldOffsetComesBack(f *field) {
	a, b := f.packagers(f.live(fieldLive{ready: 22}).at("/ch/v.m3u8"), f.live(fieldLive{ready: 20, media0: 2}).at("/ch/v.m3u8"))
	f.after(7*time.Second, a.kill)
	f.after(14*time.Second, a.start)
	f.after(20*time.Second, b.kill)
	f.plays(f.follow("/ch/v.m3u8", 32*time.Second), fieldWant{wait: 7 * time.Second, least: 22})
}

// Same names and numbers at both packagers, but the media of the second two segments
// late; the first is slow with each fourth segment. Media goes on from segment to
// segment; where it does not, a DISCONTINUITY says so (RFC 8216, 6.2.1 and 4.3.2.3).
func fieldOffsetSlow(f *field) {
	one, two := f.live(fieldLive{ready: 20, media0: 2}), f.live(fieldLive{ready: 20})
	var mu sync.Mutex
	asked := map[int]int{}
	f.packagers(func(r *fieldRequest) *fieldReply {
		if n, ok := r.number("/ch/seg", ".ts"); ok && n%4 == 0 {
			mu.Lock()
			if _, known := asked[n]; !known {
				asked[n] = len(asked)
			}
			wait := min(950*time.Millisecond, 350*time.Millisecond<<asked[n])
			mu.Unlock()
			time.Sleep(wait) // 0.35 s, 0.7 s, 0.95 s, ...
		}
		return one.at("/ch/v.m3u8")(r)
	}, two.at("/ch/v.m3u8"))
	f.plays(f.follow("/ch/v.m3u8", 20*time.Second, fieldPlayer{every: 250 * time.Millisecond, start: 6}), fieldWant{wait: 6 * time.Second, least: 14})
}

// The clocks of packagers are 5 s apart, everything else is alike, and one dies:
// nothing is repeated or skipped, whatever dates say.
func fieldClocksApart(f *field) {
	a, _ := f.packagers(f.live(fieldLive{dated: true}).at("/ch/v.m3u8"), f.live(fieldLive{dated: true, date: 5 * time.Second}).at("/ch/v.m3u8"))
	f.after(6*time.Second, a.kill)
	f.after(13*time.Second, a.start)
	v := f.follow("/ch/v.m3u8", 22*time.Second)
	f.plays(v, fieldWant{wait: 6 * time.Second, least: 17})
	again, left := v.repeated()
	f.check(len(again) == 0 && len(left) == 0, "got media again at %v, left out before %v, want each second once", again, left)
}

// Dates that go back at a discontinuity are the packager's, and stay as they are.
func fieldDatesGoBack(f *field) {
	date := func(n int) time.Time {
		t := f.began.Add(time.Duration(n) * time.Second)
		if n >= 15 {
			t = t.Add(-90 * time.Minute)
		}
		return t
	}
	a, _ := f.packagers(f.live(fieldLive{per: func(n int) string {
		tag := "#EXT-X-PROGRAM-DATE-TIME:" + fieldDate(date(n))
		if n == 15 {
			tag = "#EXT-X-DISCONTINUITY\n" + tag
		}
		return tag
	}}).at("/ch/v.m3u8"))
	f.after(9*time.Second, a.kill)
	v := f.follow("/ch/v.m3u8", 18*time.Second)
	f.plays(v, fieldWant{wait: 6 * time.Second, least: 13})
	f.check(v.discontinuities() == 1, "got %d discontinuities, want the one of the packagers", v.discontinuities())
	for _, p := range v.good {
		got, err := time.Parse(time.RFC3339Nano, p.date)
		f.check(err == nil && got.Equal(date(p.msn)), "number %d: got date %s, want %s", p.msn, p.date, fieldDate(date(p.msn)))
	}
}

// Demuxed audio has a target duration and boundaries of its own, and goes on beside the
// video when a packager dies.
func fieldDemuxed(f *field) {
	video := f.live(fieldLive{dur: 2 * time.Second, dated: true})
	audio := f.live(fieldLive{dur: 3200 * time.Millisecond, dated: true, name: "aud%d.aac", ready: 8})
	audio.body = func(n int) []byte { return append([]byte("\xff\xf1"), fieldMark(n, 500)...) }
	master := "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"en\",URI=\"audio.m3u8\"\n#EXT-X-STREAM-INF:BANDWIDTH=1000000,AUDIO=\"a\"\nv.m3u8\n"
	a, _ := f.packagers(fieldEither(fieldPages(map[string]func() string{"/ch/master.m3u8": fieldLine(master)}), video.at("/ch/v.m3u8"), audio.at("/ch/audio.m3u8")))
	f.get("/ch/master.m3u8")
	f.after(8*time.Second, a.kill)
	f.each(2, func(i int) {
		name, least, target := []string{"v", "audio"}[i], []int{10, 7}[i], []float64{2, 3}[i]
		v := f.follow("/ch/"+name+".m3u8", 24*time.Second)
		f.plays(v, fieldWant{what: name, wait: 9 * time.Second, least: least, smooth: true, anyOrder: name == "audio"})
		f.check(v.atEnd != nil && v.atEnd.target == target, "%s: got another target duration, want %g", name, target)
	})
}

// Packagers number and name the same media each in its own way, as those do that were
// started at other times; dates agree. One dies: nothing is repeated or skipped.
func fieldOwnNumbers(f *field) {
	a, _ := f.packagers(f.live(fieldLive{dated: true, msn0: 100, name: "a%d.ts"}).at("/ch/v.m3u8"),
		f.live(fieldLive{dated: true, msn0: 5000, name: "b%d.ts"}).at("/ch/v.m3u8"))
	f.after(6*time.Second, a.kill)
	v := f.follow("/ch/v.m3u8", 18*time.Second)
	f.plays(v, fieldWant{wait: 6 * time.Second, least: 13})
	again, left := v.repeated()
	f.check(len(again) == 0 && len(left) == 0, "got media again at %v, left out before %v, want each second once", again, left)
}

// Packagers give names of their own to the same media under the same numbers.
func fieldOwnNames(f *field) {
	a, _ := f.packagers(f.live(fieldLive{name: "run1-%d.ts"}).at("/ch/v.m3u8"), f.live(fieldLive{name: "run2-%d.ts"}).at("/ch/v.m3u8"))
	f.after(6*time.Second, a.kill)
	v := f.follow("/ch/v.m3u8", 18*time.Second)
	f.plays(v, fieldWant{wait: 6 * time.Second, least: 13})
	for _, p := range v.good {
		f.check(strings.HasPrefix(p.uri[strings.LastIndex(p.uri, "/")+1:], "run"), "got name %s, want a packager's", p.uri)
	}
}
