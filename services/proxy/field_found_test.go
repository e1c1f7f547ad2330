package proxy

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// fieldAnewAt is when packagers of a case begin anew, with numbers from 0: a segment was
// listed just before, and no player has asked for it yet.
const fieldAnewAt = 6200 * time.Millisecond

// anew is a live playlist that begins anew then, its media with second 50.
func (f *field) anew(l fieldLive) *fieldLive {
	l.t0 = f.began.Add(fieldAnewAt - time.Duration(l.ready)*time.Second - 50*time.Millisecond)
	l.media0 = 50
	return f.live(l)
}

// goesOn checks that a player came from the first run of its packagers to the second,
// stays there, and lost no more segments than so many between them.
func (f *field) goesOn(v *fieldView, spare int) {
	late, early := 0, 0
	for _, p := range v.good {
		if p.second >= 50 {
			late++
		} else if late > 0 {
			early++
		}
	}
	f.check(late >= 5 && early == 0, "got %d segments of the second run, and %d others behind its first, want 5 and none", late, early)
	if lost := v.lost(); len(lost) > spare {
		f.check(false, "got %d segments lost, first %s: %s, want %d at most", len(lost), lost[0].uri, lost[0].got, spare)
	}
	f.check(v.longest < 8*time.Second, "got %s without a new segment, want less than 8 s", v.longest)
}

// A player adds an argument of its own to whatever it asks for, and packagers begin
// anew: they do not know the argument and give the same (RFC 3986, 3.4), so it plays on.
func fieldPlayerAddsQuery(f *field) {
	f.packagers(fieldChange(f, fieldAnewAt, f.live(fieldLive{ready: 8}).at("/ch/v.m3u8"), f.anew(fieldLive{ready: 3}).at("/ch/v.m3u8")))
	v := f.follow("/ch/v.m3u8?vid=7", 20*time.Second, fieldPlayer{tries: 6, segment: func(address string) string {
		if strings.Contains(address, "?") {
			return address + "&vid=7"
		}
		return address + "?vid=7"
	}})
	f.goesOn(v, 0)
}

// Segments are ranges of one file, which packagers that begin anew write over: a range
// is of the content that there is now (RFC 8216, 4.3.2.2), one without an end too.
func fieldRangesAnew(f *field) {
	packager := func(live *fieldLive) fieldAnswer {
		size := len(fieldSecond(0))
		live.per = func(n int) string { return fmt.Sprintf("#EXT-X-BYTERANGE:%d@%d", size, n*size) }
		return func(r *fieldRequest) *fieldReply {
			switch r.path {
			case "/ch/v.m3u8":
				return r.text(live.playlistOf(func(int) string { return "all.ts" }))
			case "/ch/all.ts":
				var all []byte
				for n := range live.last() + 1 {
					all = append(all, live.body(n)...)
				}
				return r.bytes(all)
			}
			return nil
		}
	}
	f.packagers(fieldChange(f, fieldAnewAt, packager(f.live(fieldLive{version: 4})), packager(f.anew(fieldLive{version: 4, ready: 4}))))
	v := f.follow("/ch/v.m3u8", 20*time.Second)
	f.goesOn(v, 2)
	if v.atEnd == nil {
		return
	}
	s := v.atEnd.segments[len(v.atEnd.segments)-2]
	g := f.get(s.url, fieldAsk{header: http.Header{"Range": {fmt.Sprintf("bytes=%d-", s.from)}}})
	f.check(g.status == 206 && fieldWhich(g.body) >= 50, "a range without an end of %s: got %s, second %d, want 206 of the second run", s.uri, g, fieldWhich(g.body))
}

// An event ends, and soon after another begins under its URL and with its names. A player
// that comes then plays all of the new one and nothing of the old. Nothing may be added
// after an end (RFC 8216, 4.3.3.4 and 6.2.1).
func fieldNextEventSoon(f *field) {
	ends := func() bool { return f.since() >= 5*time.Second }
	old := f.live(fieldLive{lasts: func(passed time.Duration) int { return min(14, int(passed/time.Second)-1) }, tail: func() string {
		if ends() {
			return "#EXT-X-ENDLIST"
		}
		return ""
	}})
	event := f.live(fieldLive{t0: f.began.Add(7 * time.Second), media0: 50, window: 100, head: fieldLine("#EXT-X-PLAYLIST-TYPE:EVENT")})
	f.packagers(fieldChange(f, 10*time.Second, old.at("/ev/v.m3u8"), event.at("/ev/v.m3u8")))
	v := f.follow("/ev/v.m3u8", 9*time.Second)
	f.check(v.atEnd != nil && v.atEnd.ended, "the first event: got no end, want one")
	time.Sleep(6 * time.Second)
	v = f.follow("/ev/v.m3u8", 12*time.Second)
	f.plays(v, fieldWant{what: "the next event", wait: 4 * time.Second, least: 8})
	for _, p := range v.good {
		f.check(p.second >= 50, "the next event: got second %d under number %d, want 50 and on", p.second, p.msn)
	}
	if v.atEnd == nil {
		return
	}
	f.check(!v.atEnd.ended, "the next event: got an end, want none")
	first := f.piece(v.atEnd.segments[0], 3)
	f.check(first.second == 50, "the next event: got second %d as its first, want 50, its start", first.second)
}

// Packagers take longer for a playlist than its target duration: slow is not gone, and a
// player waits for its reload (RFC 8216, 6.3.4).
func fieldSlowerThanTarget(f *field) {
	var answers []fieldAnswer
	cases := []struct {
		path               string
		takes, lasts, wait time.Duration
		live               *fieldLive
		least              int
	}{
		{"/2/v.m3u8", 2500 * time.Millisecond, 24 * time.Second, 7 * time.Second, f.live(fieldLive{dur: 2 * time.Second, window: 8}), 9},
		{"/4/v.m3u8", 7 * time.Second, 36 * time.Second, 14 * time.Second, f.live(fieldLive{dur: 4 * time.Second, window: 8, ready: 12}), 6},
	}
	for _, c := range cases {
		answers = append(answers, func(r *fieldRequest) *fieldReply {
			if r.path == c.path {
				time.Sleep(c.takes)
			}
			return c.live.at(c.path)(r)
		})
	}
	f.packagers(fieldEither(answers...))
	f.each(len(cases), func(i int) {
		c := cases[i]
		f.plays(f.follow(c.path, c.lasts), fieldWant{what: c.takes.String(), wait: c.wait, least: c.least, smooth: true})
	})
}

// Packagers are at paths of their own, and one dies: relative, rooted and absolute URIs
// of both lead right (RFC 3986, 5.2).
func fieldBasePath(f *field) {
	live := f.live(fieldLive{})
	at := func(base string) fieldAnswer {
		return func(r *fieldRequest) *fieldReply {
			uris := map[string]string{"/rel": "..", "/root": base, "/abs": r.origin.url() + base}
			for folder, to := range uris {
				if r.path == base+folder+"/v.m3u8" {
					return r.text(live.playlistOf(func(n int) string { return fmt.Sprintf("%s/seg%d.ts", to, n) }))
				}
			}
			return live.in(base + "/")(r)
		}
	}
	a := f.origin("server1", at(""))
	f.origin("server2", at("/backup/hls"))
	f.before("server1", "server2/backup/hls")
	f.after(7*time.Second, a.kill)
	f.each(3, func(i int) {
		path := []string{"/rel/v.m3u8", "/root/v.m3u8", "/abs/v.m3u8"}[i]
		f.plays(f.follow(path, 15*time.Second), fieldWant{what: path, wait: 5 * time.Second, least: 11})
	})
}

// The newest segment's duration is an estimate that the next answer corrects, and one
// packager dies: it is the same segment, and nothing that a decoder has to hear of.
func fieldEstimatedDuration(f *field) {
	live := f.live(fieldLive{})
	live.extinf = func(n int) time.Duration {
		if n == live.last() {
			return time.Second
		}
		return 960 * time.Millisecond
	}
	a, _ := f.packagers(live.at("/ch/v.m3u8"))
	f.after(8*time.Second, a.kill)
	f.plays(f.follow("/ch/v.m3u8", 17*time.Second), fieldWant{wait: 5 * time.Second, least: 13, smooth: true})
}

// The second packager writes whole seconds, as versions below 3 have it (RFC 8216,
// 4.3.2.1), of the same segments that the first writes 0.960 of: it stands in for it.
func fieldWholeSeconds(f *field) {
	one := f.live(fieldLive{extinf: func(int) time.Duration { return 960 * time.Millisecond }})
	two := f.live(fieldLive{version: 2})
	a, _ := f.packagers(one.at("/ch/v.m3u8"), func(r *fieldRequest) *fieldReply {
		got := two.at("/ch/v.m3u8")(r)
		if got != nil {
			got.body = bytes.ReplaceAll(got.body, []byte("#EXTINF:1.000,"), []byte("#EXTINF:1,"))
		}
		return got
	})
	f.after(8*time.Second, a.kill)
	f.plays(f.follow("/ch/v.m3u8", 17*time.Second), fieldWant{wait: 5 * time.Second, least: 13, smooth: true})
}

// Keys and initialization sections are redirected, segments too, to a host that is no
// packager, and one packager dies: a player gets all (RFC 9110, 15.4), and where both
// packagers lead is the same.
func fieldRedirectOfKeyAndMap(f *field) {
	key := fieldKeyOf(1)
	store := f.origin("store", func(r *fieldRequest) *fieldReply {
		if n, ok := r.number("/deep/seg", ".ts"); ok {
			return r.bytes(fieldEncrypt(fieldSecond(n), key, fieldVector(n)))
		}
		return nil
	})
	live := f.live(fieldLive{head: fieldLine(`#EXT-X-KEY:METHOD=AES-128,URI="go/k.key"`)})
	frag := f.live(fieldLive{name: "f%d.m4s", version: 7, head: fieldLine(`#EXT-X-MAP:URI="go/init.mp4"`)})
	a, _ := f.packagers(func(r *fieldRequest) *fieldReply {
		switch r.path {
		case "/ch/go/k.key":
			return r.redirect(301, "/keys/k.key")
		case "/keys/k.key":
			return r.bytes(key)
		case "/fr/go/init.mp4":
			return r.redirect(308, "../real/init.mp4")
		case "/fr/real/init.mp4":
			return r.bytes(fieldInit())
		}
		if n, ok := r.number("/ch/seg", ".ts"); ok {
			return r.redirect(302, fmt.Sprintf("%s/deep/seg%d.ts", store.url(), n))
		}
		if n, ok := r.number("/fr/f", ".m4s"); ok {
			return r.redirect(303, fmt.Sprintf("/fr/real/%d.m4s", n))
		}
		if n, ok := r.number("/fr/real/", ".m4s"); ok {
			return r.bytes(fieldFragment(n))
		}
		return fieldEither(live.at("/ch/v.m3u8"), frag.at("/fr/v.m3u8"))(r)
	})
	f.after(7*time.Second, a.kill)
	var v, w *fieldView
	f.together(func() { v = f.follow("/ch/v.m3u8", 14*time.Second, fieldPlayer{keys: "kept"}) }, func() { w = f.follow("/fr/v.m3u8", 14*time.Second) })
	f.opens(v, 0)
	f.plays(v, fieldWant{what: "keys", wait: 6 * time.Second, least: 10, smooth: true})
	f.plays(w, fieldWant{what: "maps", wait: 6 * time.Second, least: 10})
	f.same(w, "maps", fieldFragment)
	for _, p := range w.good[max(0, len(w.good)-1):] {
		if f.check(p.init != nil, "number %d: got no EXT-X-MAP, want one", p.msn) {
			g := f.get(p.init["url"])
			f.check(bytes.Equal(g.body, fieldInit()), "EXT-X-MAP of number %d: got %s, want that of the packagers", p.msn, g)
		}
	}
}

// Subtitles have a note of the packager that wrote them, the video beside them the same
// bytes at both, and one dies: text has no encoding that could change (RFC 8216, 3.5 and
// 4.3.2.3), so there is no discontinuity in either.
func fieldSubtitlesOfEachOwn(f *field) {
	live, subtitles := f.live(fieldLive{}), f.live(fieldLive{name: "s%d.vtt"})
	a, _ := f.packagers(func(r *fieldRequest) *fieldReply {
		if r.path == "/ch/m.m3u8" {
			return r.text("#EXTM3U\n#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"s\",NAME=\"English\",LANGUAGE=\"en\",URI=\"s.m3u8\"\n" +
				"#EXT-X-STREAM-INF:BANDWIDTH=1000000,SUBTITLES=\"s\"\nv.m3u8\n")
		}
		if n, ok := r.number("/ch/s", ".vtt"); ok && n <= subtitles.last() {
			return r.bytes(fmt.Appendf(nil, "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n\nNOTE from %s\n\n00:%02d.000 --> 00:%02d.900\nline %d\n", r.origin.name, n%60, n%60, n), "Content-Type", "text/vtt")
		}
		return fieldEither(live.at("/ch/v.m3u8"), subtitles.at("/ch/s.m3u8"))(r)
	})
	f.get("/ch/m.m3u8")
	f.after(8*time.Second, a.kill)
	f.each(2, func(i int) {
		path := []string{"/ch/v.m3u8", "/ch/s.m3u8"}[i]
		f.plays(f.follow(path, 17*time.Second), fieldWant{what: path, wait: time.Duration(5+i) * time.Second, least: 13 - i, anyOrder: i == 1, smooth: true})
	})
}

// The multivariant playlist moves on to the folder of the next event, which runs beside
// the first. A player that comes then gets the next one, a player of the first keeps it
// (RFC 8216, 4.3.4.2).
func fieldNextEventInMaster(f *field) {
	one, two := f.live(fieldLive{}), f.live(fieldLive{media0: 45})
	f.packagers(func(r *fieldRequest) *fieldReply {
		if r.path == "/ch/m.m3u8" && f.since() > 6*time.Second {
			return r.text(fieldMaster("ev2/v.m3u8"))
		}
		if r.path == "/ch/m.m3u8" {
			return r.text(fieldMaster("ev1/v.m3u8"))
		}
		return fieldEither(one.at("/ch/ev1/v.m3u8"), two.at("/ch/ev2/v.m3u8"))(r)
	})
	event := func(what, folder string, lasts time.Duration, least, from, to int) {
		for _, address := range f.variants(f.get("/ch/m.m3u8"), what) {
			f.check(strings.Contains(address, folder), "%s: got variant %s, want that of %s", what, address, folder)
			v := f.follow(address, lasts)
			f.plays(v, fieldWant{what: what, wait: 5 * time.Second, least: least, smooth: true})
			for _, p := range v.good {
				f.check(p.second >= from && p.second < to, "%s: got second %d under number %d, want from %d to %d", what, p.second, p.msn, from, to)
			}
		}
	}
	f.together(func() { event("who came first", "ev1", 19*time.Second, 15, 0, 45) }, func() {
		time.Sleep(13 * time.Second)
		event("who comes later", "ev2", 6*time.Second, 4, 45, 100)
	})
}

// Under one URI the first packager has a multivariant playlist, the second a media
// playlist: what the first has holds as long as it lives, then what the second has.
func fieldKindsDiffer(f *field) {
	live := f.live(fieldLive{})
	a, _ := f.packagers(fieldEither(fieldPages(map[string]func() string{"/ch/i.m3u8": fieldLine(fieldMaster("hi/v.m3u8"))}), live.at("/ch/hi/v.m3u8")),
		fieldEither(live.at("/ch/i.m3u8"), live.at("/ch/hi/v.m3u8")))
	f.variants(f.get("/ch/i.m3u8"), "at first")
	f.plays(f.follow("/ch/hi/v.m3u8", 4*time.Second), fieldWant{what: "variant", wait: 4 * time.Second, least: 3})
	a.kill()
	time.Sleep(4 * time.Second)
	var v, w *fieldView
	f.together(func() { v = f.follow("/ch/i.m3u8", 7*time.Second) }, func() { w = f.follow("/ch/hi/v.m3u8", 7*time.Second) })
	f.check(len(v.good) > 0 || len(f.get("/ch/i.m3u8").playlist().variants) > 0, "after the kill: got %s, want what the second packager has", v.firstBad)
	f.plays(w, fieldWant{what: "variant after the kill", wait: 4 * time.Second, least: 5})
}

// Each player has a session of its own in its URIs: packagers are not asked for it many
// times as often as its player asks (RFC 8216, 6.3.4).
func fieldManySessions(f *field) {
	live := f.live(fieldLive{dur: 2 * time.Second})
	a, b := f.packagers(func(r *fieldRequest) *fieldReply {
		if r.path == "/ch/v.m3u8" {
			return r.text(live.playlistOf(func(n int) string { return fmt.Sprintf("seg%d.ts?sid=%s", n, r.query.Get("sid")) }))
		}
		return live.in("/ch/")(r)
	})
	const (
		players = 40
		seconds = 12
		most    = 7.5 // requests a second for each player, of both packagers; a plain proxy makes 1.4
	)
	f.each(players, func(i int) {
		v := f.follow(fmt.Sprintf("/ch/v.m3u8?sid=%d", i), seconds*time.Second, fieldPlayer{every: 1500 * time.Millisecond})
		f.plays(v, fieldWant{what: fmt.Sprintf("player %d", i), wait: 7 * time.Second, least: 4, smooth: true})
	})
	each := float64(a.asked("GET")+b.asked("GET")) / players / seconds
	f.check(each <= most, "got %.1f requests a second for each player, want %.1f at most", each, most)
}
