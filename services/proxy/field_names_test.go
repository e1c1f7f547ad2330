package proxy

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// fieldCyclic is a packager that uses so many names in turn, from number 0.
func fieldCyclic(live *fieldLive, names int) fieldAnswer {
	return func(r *fieldRequest) *fieldReply {
		if i, ok := r.number("/ch/seg", ".ts"); ok && i < names {
			last := live.last()
			n := last - (last-live.msn0-i%names+names*1000)%names // the newest of that name
			if n < live.msn0 {
				return nil
			}
			return r.bytes(live.body(n))
		}
		if r.path == "/ch/v.m3u8" {
			return r.text(live.playlistOf(func(n int) string { return fmt.Sprintf("seg%d.ts", (n-live.msn0)%names) }))
		}
		return nil
	}
}

// matched checks that under each number came the media of that number.
func (f *field) matched(v *fieldView, second func(msn int) int) {
	for _, p := range v.good {
		if p.second != second(p.msn) {
			f.check(false, "got second %d under number %d (%s), want %d", p.second, p.msn, p.uri, second(p.msn))
			return
		}
	}
}

// Eight segment names used in turn, four in the window: under each number the player
// gets the media of that number. A segment is known by its media sequence number; its
// URI may be given again once it has left (RFC 8216, 3 and 6.2.2).
func fieldCyclicNames(f *field) {
	live := f.live(fieldLive{window: 4})
	f.packagers(fieldCyclic(live, 8))
	v := f.follow("/ch/v.m3u8", 20*time.Second)
	f.matched(v, live.second)
	f.plays(v, fieldWant{wait: 4 * time.Second, least: 14, anyOrder: true})
}

// The same with a kill, and the packager comes back: no name brings old media.
func fieldCyclicNamesKill(f *field) {
	live := f.live(fieldLive{window: 4})
	a, _ := f.packagers(fieldCyclic(live, 6))
	f.after(6*time.Second, a.kill)
	f.after(14*time.Second, a.start)
	v := f.follow("/ch/v.m3u8", 24*time.Second)
	f.matched(v, live.second)
	f.plays(v, fieldWant{wait: 6 * time.Second, least: 18})
}

// Names of segments that are used again bear no promise: what was kept under one is
// another segment soon.
func fieldCyclicNamesCaching(f *field) {
	live := f.live(fieldLive{window: 4})
	f.packagers(fieldCyclic(live, 8))
	v := f.follow("/ch/v.m3u8", 4*time.Second)
	f.plays(v, fieldWant{wait: 4 * time.Second, least: 3})
	time.Sleep(30 * time.Second) // somebody who comes when all names were used again
	v = f.follow("/ch/v.m3u8", 12*time.Second)
	f.matched(v, live.second)
	f.plays(v, fieldWant{wait: 4 * time.Second, least: 8})
	for _, p := range v.good[max(0, len(v.good)-1):] {
		cc := p.got.header.Get("Cache-Control")
		f.check(!strings.Contains(cc, "immutable"), "got Cache-Control %q for a name used each 8 s, want nothing immutable", cc)
	}
}

// Packagers start anew: numbers and names from 0 again, other media under the same names.
// No player gets what was under a name before.
func fieldRestartFromZero(f *field) {
	old := f.live(fieldLive{ready: 6})
	anew := f.live(fieldLive{t0: f.began.Add(8 * time.Second), media0: 40})
	f.packagers(fieldChange(f, 10*time.Second, old.at("/ch/v.m3u8"), anew.at("/ch/v.m3u8")))
	f.follow("/ch/v.m3u8", 9*time.Second)
	time.Sleep(14*time.Second - f.since())
	v := f.follow("/ch/v.m3u8", 10*time.Second)
	f.plays(v, fieldWant{wait: 4 * time.Second, least: 6})
	for _, p := range v.good {
		f.check(p.second >= 40, "got second %d under number %d after the restart, want media of the new run", p.second, p.msn)
	}
}

// fieldGrowing is a packager of an event whose segments are ranges of one growing file.
// upto says how many segments a file holds; 0 for all of them.
type fieldGrowing struct {
	live  *fieldLive
	upto  int
	names int // files used in turn; 0 for ever new ones
	head  []byte
	init  string
}

func (g *fieldGrowing) file(n int) int {
	if g.upto == 0 {
		return 0
	}
	k := n / g.upto
	if g.names > 0 {
		k %= g.names
	}
	return k
}

// content is a file as far as it has been written.
func (g *fieldGrowing) content(file int) []byte {
	last := g.live.last()
	if g.upto == 0 {
		return g.bytes(0, last)
	}
	for n := last / g.upto * g.upto; n >= 0; n -= g.upto {
		if g.file(n) == file {
			return g.bytes(n, min(last, n+g.upto-1))
		}
	}
	return nil
}

func (g *fieldGrowing) bytes(first, last int) []byte {
	body := bytes.Clone(g.head)
	for n := first; n <= last; n++ {
		body = append(body, g.live.body(n)...)
	}
	return body
}

func (g *fieldGrowing) answer(folder string) fieldAnswer {
	name := func(file int) string { return fmt.Sprintf("file%d%s", file, g.init) }
	size := len(g.live.body(0))
	g.live.per = func(n int) string {
		first := 0
		if g.upto > 0 {
			first = n / g.upto * g.upto
		}
		return fmt.Sprintf("#EXT-X-BYTERANGE:%d@%d", size, len(g.head)+(n-first)*size)
	}
	return func(r *fieldRequest) *fieldReply {
		if r.path == folder+"v.m3u8" {
			return r.text(g.live.playlistOf(func(n int) string { return name(g.file(n)) }))
		}
		if i, ok := r.number(folder+"file", g.init); ok {
			if content := g.content(i); content != nil {
				return r.bytes(content)
			}
		}
		return nil
	}
}

// An event as byte ranges of one growing file, MPEG-TS and fMP4: every range arrives
// whole (RFC 8216, 4.3.2.2), with 206 and its bytes (RFC 9110, 14).
func fieldGrowingFile(f *field) {
	event := fieldLive{window: 1 << 20, ready: 4, version: 7, head: fieldLine("#EXT-X-PLAYLIST-TYPE:EVENT")}
	ts := &fieldGrowing{live: f.live(event), init: ".ts"}
	event.head = fieldLine(fmt.Sprintf("#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-MAP:URI=\"file0.m4s\",BYTERANGE=\"%d@0\"", len(fieldInit())))
	event.body = fieldFragment
	mp4 := &fieldGrowing{live: f.live(event), init: ".m4s", head: fieldInit()}
	f.packagers(fieldEither(ts.answer("/mpegts/"), mp4.answer("/fmp4/")))
	kinds := []string{"mpegts", "fmp4"}
	f.each(2, func(i int) {
		v := f.follow("/"+kinds[i]+"/v.m3u8", 12*time.Second, fieldPlayer{start: 1 << 20})
		f.plays(v, fieldWant{what: kinds[i], wait: 5 * time.Second, least: 13})
		if i == 1 && v.atEnd != nil && len(v.atEnd.segments) > 0 {
			m := v.atEnd.segments[0].init
			if f.check(m["BYTERANGE"] != "", "fmp4: got EXT-X-MAP %v, want one with its range", m) {
				g := f.get(m["url"], fieldAsk{header: map[string][]string{"Range": {fmt.Sprintf("bytes=0-%d", len(fieldInit())-1)}}})
				f.check(g.status == 206 && bytes.Equal(g.body, fieldInit()), "fmp4: got %s for the initialization section, want 206 and its bytes", g)
			}
		}
	})
}

// A growing file in a live window over a kill, and files that hold ten segments each,
// two names used in turn.
func fieldGrowingFileKill(f *field) {
	one := &fieldGrowing{live: f.live(fieldLive{version: 4}), init: ".ts"}
	cyclic := &fieldGrowing{live: f.live(fieldLive{version: 4}), init: ".ts", upto: 10, names: 2}
	a, _ := f.packagers(fieldEither(one.answer("/one/"), cyclic.answer("/cyclic/")))
	f.after(7*time.Second, a.kill)
	kinds := []string{"one", "cyclic"}
	f.each(2, func(i int) {
		v := f.follow("/"+kinds[i]+"/v.m3u8", 36*time.Second)
		f.plays(v, fieldWant{what: kinds[i], wait: 6 * time.Second, least: 30, smooth: true})
		f.matched(v, func(msn int) int { return msn })
	})
}

// Ranges without an offset follow the one before, and stay right when the window moves
// (RFC 8216, 4.3.2.2).
func fieldImpliedOffsets(f *field) {
	live := f.live(fieldLive{version: 4})
	size := len(fieldSecond(0))
	live.per = func(n int) string {
		if first, _ := live.listed(); n != first {
			return fmt.Sprintf("#EXT-X-BYTERANGE:%d", size)
		}
		return fmt.Sprintf("#EXT-X-BYTERANGE:%d@%d", size, n*size)
	}
	whole := &fieldGrowing{live: live}
	f.packagers(func(r *fieldRequest) *fieldReply {
		switch r.path {
		case "/ch/v.m3u8":
			return r.text(live.playlistOf(func(int) string { return "all.ts" }))
		case "/ch/all.ts":
			return r.bytes(whole.content(0))
		}
		return nil
	})
	v := f.follow("/ch/v.m3u8", 12*time.Second)
	f.plays(v, fieldWant{wait: 4 * time.Second, least: 9, smooth: true})
	f.matched(v, live.second)
}

// A film as byte ranges of one file of 300 MB: each range arrives soon, with its own
// bytes, and is seekable (RFC 8216, 4.3.2.2); Content-Range names the whole length (RFC
// 9110, 14.4). It is never fetched whole.
func fieldFilmByRanges(f *field) {
	const ten, count = fieldBlock * 10, 32
	const film = fieldFilm(ten * count)
	text := "#EXTM3U\n#EXT-X-VERSION:4\n#EXT-X-TARGETDURATION:10\n#EXT-X-PLAYLIST-TYPE:VOD\n"
	for i := range count {
		text += fmt.Sprintf("#EXTINF:10.0,\n#EXT-X-BYTERANGE:%d@%d\nfilm.ts\n", ten, i*ten)
	}
	a, b := f.packagers(fieldEither(fieldPages(map[string]func() string{"/vod/film.m3u8": fieldLine(text + "#EXT-X-ENDLIST\n")}), func(r *fieldRequest) *fieldReply {
		if r.path == "/vod/film.ts" {
			return &fieldReply{film: film, header: map[string][]string{"Content-Type": {"video/mp2t"}}}
		}
		return nil
	}))
	g := f.get("/vod/film.m3u8")
	segments := g.segments()
	if !f.check(len(segments) == count, "playlist: got %s with %d segments, want 200 and %d", g, len(segments), count) {
		return
	}
	for _, s := range []*fieldSegment{segments[0], segments[20], segments[31]} {
		p := f.piece(s, 3)
		if !f.check(p.ok, "bytes %d-%d: got %s, %d bytes, want 206 with %d", s.from, s.to-1, p.got, len(p.got.body), ten) {
			continue
		}
		want := fmt.Sprintf("%08d", s.from/fieldBlock)
		f.check(string(p.got.body[4:12]) == want, "range from %d: got %q, want %q", s.from, p.got.body[4:12], want)
		_, total, _ := strings.Cut(p.got.header.Get("Content-Range"), "/")
		f.check(total == "*" || total == fmt.Sprint(int(film)), "got Content-Range of a file of %s, want %d", total, film)
	}
	f.check(a.sent()+b.sent() < 8*ten, "got %d bytes sent for three ranges of %d, want not the whole film", a.sent()+b.sent(), ten)
}

// Segment URIs signed anew in each playlist: the player plays on, each segment once,
// under no discontinuity. A segment keeps its number (RFC 8216, 6.2.1); DISCONTINUITY
// is for a change of media, which a new query is not (4.3.2.3).
func fieldTokenPerAnswer(f *field) {
	live := f.live(fieldLive{})
	f.packagers(fieldSigned(live))
	f.plays(f.follow("/ch/v.m3u8", 16*time.Second), fieldWant{wait: 4 * time.Second, least: 12, smooth: true})
}

func fieldSigned(live *fieldLive) fieldAnswer {
	return func(r *fieldRequest) *fieldReply {
		if r.path == "/ch/v.m3u8" {
			return r.text(live.playlistOf(func(n int) string { return fmt.Sprintf("seg%d.ts?tok=%08x", n, rand.Uint32()) }))
		}
		return live.in("/ch/")(r)
	}
}

// The same over a kill, and the packager comes back.
func fieldTokenPerAnswerKill(f *field) {
	live := f.live(fieldLive{})
	a, _ := f.packagers(fieldSigned(live))
	f.after(6*time.Second, a.kill)
	f.after(13*time.Second, a.start)
	f.plays(f.follow("/ch/v.m3u8", 22*time.Second), fieldWant{wait: 6 * time.Second, least: 17, smooth: true})
}

// Segment URIs with an expiry that changes each 5 s: the player plays on, with URIs
// that still hold, under no discontinuity (RFC 8216, 6.2.1 and 4.3.2.3).
func fieldTokenPerInterval(f *field) {
	live := f.live(fieldLive{})
	interval := func() int { return int(time.Now().Unix() / 5) }
	a, _ := f.packagers(func(r *fieldRequest) *fieldReply {
		if r.path == "/ch/v.m3u8" {
			return r.text(live.playlistOf(func(n int) string { return fmt.Sprintf("seg%d.ts?exp=%d", n, interval()) }))
		}
		if exp, _ := strconv.Atoi(r.query.Get("exp")); strings.HasSuffix(r.path, ".ts") && exp < interval()-2 {
			return r.status(403)
		}
		return live.in("/ch/")(r)
	})
	f.after(11*time.Second, a.kill)
	f.plays(f.follow("/ch/v.m3u8", 20*time.Second), fieldWant{wait: 6 * time.Second, least: 14, smooth: true})
}

// A token in the path of segments, new in each playlist: it is no discontinuity either.
func fieldTokenInPath(f *field) {
	live := f.live(fieldLive{})
	token := regexp.MustCompile(`^/ch/t/[0-9a-f]{8}/`)
	f.packagers(func(r *fieldRequest) *fieldReply {
		if r.path == "/ch/v.m3u8" {
			t := fmt.Sprintf("%08x", rand.Uint32())
			return r.text(live.playlistOf(func(n int) string { return fmt.Sprintf("t/%s/seg%d.ts", t, n) }))
		}
		if prefix := token.FindString(r.path); prefix != "" {
			return live.in(prefix)(r)
		}
		return nil
	})
	f.plays(f.follow("/ch/v.m3u8", 12*time.Second), fieldWant{wait: 4 * time.Second, least: 9, smooth: true})
}

// URIs that are good for 3 s after the playlist that names them: a player asks at once,
// and gets the segment.
func fieldTokenShort(f *field) {
	live := f.live(fieldLive{})
	var mu sync.Mutex
	issued := map[string]time.Time{}
	f.packagers(func(r *fieldRequest) *fieldReply {
		mu.Lock()
		defer mu.Unlock()
		if r.path == "/ch/v.m3u8" {
			return r.text(live.playlistOf(func(n int) string {
				t := fmt.Sprintf("%08x", rand.Uint32())
				issued[t] = time.Now()
				return fmt.Sprintf("seg%d.ts?tok=%s", n, t)
			}))
		}
		t, ok := issued[r.query.Get("tok")]
		if !ok || time.Since(t) > 3*time.Second {
			return r.status(403)
		}
		return live.in("/ch/")(r)
	})
	f.plays(f.follow("/ch/v.m3u8", 12*time.Second, fieldPlayer{start: 1}), fieldWant{wait: 4 * time.Second, least: 8, smooth: true})
}
