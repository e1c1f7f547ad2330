package proxy

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"sync"
	"time"
)

// same checks that each segment came with exactly the bytes that want has for it.
func (f *field) same(v *fieldView, what string, want func(msn int) []byte) {
	for _, p := range v.good {
		f.check(bytes.Equal(p.got.body, want(p.msn)), "%s: got %d bytes under number %d, want the %d of the packager", what, len(p.got.body), p.msn, len(want(p.msn)))
	}
}

// Media that is not what its name or type says is the packager's to send: fMP4 under
// .ts, bytes behind the last packet, nothing at all in a subtitle, packed audio, text.
func fieldUnusualMedia(f *field) {
	kinds := []struct {
		name, suffix, kind string
		body               func(n int) []byte
	}{
		{"fMP4 under .ts", ".ts", "video/mp2t", fieldFragment},
		{"MPEG-TS under .m4s", ".m4s", "video/mp4", fieldSecond},
		{"bytes behind the last packet", ".ts", "video/mp2t", func(n int) []byte { return append(fieldSecond(n), "behind"...) }},
		{"zeros behind the last packet", ".ts", "video/mp2t", func(n int) []byte { return append(fieldSecond(n), make([]byte, 564)...) }},
		{"bytes before the first packet", ".ts", "video/mp2t", func(n int) []byte { return append([]byte("before"), fieldSecond(n)...) }},
		{"packets of 192 bytes", ".m2ts", "video/mp2t", func(n int) []byte { return fieldTimed(fieldSecond(n)) }},
		{"type octet-stream", ".ts", "application/octet-stream", fieldSecond},
		{"type text/html", ".ts", "text/html", fieldSecond},
		{"no type", ".ts", "", fieldSecond},
		{"type text/plain and no suffix", "", "text/plain", fieldSecond},
		{"a suffix of another kind", ".jpg", "image/jpeg", fieldSecond},
		{"an empty WebVTT segment", ".vtt", "text/vtt", func(int) []byte { return nil }},
		{"a WebVTT segment", ".webvtt", "text/vtt; charset=utf-8", func(n int) []byte {
			return fmt.Appendf(nil, "WEBVTT\n\n00:%02d.000 --> 00:%02d.500\nhey\n", n%60, n%60)
		}},
		{"packed audio behind ID3", ".aac", "audio/aac", func(n int) []byte {
			return append([]byte("ID3\x04\x00\x00\x00\x00\x00\x0a0123456789\xff\xf1"), fieldMark(n, 500)...)
		}},
		{"one byte", ".ts", "video/mp2t", func(n int) []byte { return []byte{byte(n)} }},
		{"an upper case suffix", ".TS", "video/MP2T", fieldSecond},
	}
	var answers []fieldAnswer
	for i, k := range kinds {
		answers = append(answers, func(r *fieldRequest) *fieldReply {
			if n, ok := r.number(fmt.Sprintf("/k%d/seg", i), k.suffix); ok {
				return r.bytes(k.body(n), "Content-Type", k.kind)
			}
			return nil
		}, f.live(fieldLive{name: "seg%d" + k.suffix}).at(fmt.Sprintf("/k%d/v.m3u8", i)))
	}
	f.packagers(fieldEither(answers...))
	f.each(len(kinds), func(i int) {
		v := f.follow(fmt.Sprintf("/k%d/v.m3u8", i), 5*time.Second, fieldPlayer{every: 700 * time.Millisecond})
		f.plays(v, fieldWant{what: kinds[i].name, wait: 4 * time.Second, least: 5, smooth: true, anyOrder: fieldWhich(kinds[i].body(1)) == fieldNone})
		f.same(v, kinds[i].name, kinds[i].body)
	})
}

// fieldTimed is packets with four bytes of time in front of each, as M2TS has them.
func fieldTimed(packets []byte) []byte {
	var out []byte
	for i := 0; i < len(packets); i += fieldPacket {
		out = append(append(out, 0, 0, 0, 0), packets[i:i+fieldPacket]...)
	}
	return out
}

// fMP4 with its EXT-X-MAP plays, and the initialization section is the packager's.
func fieldFragmented(f *field) {
	live := f.live(fieldLive{name: "seg%d.m4s", version: 7, head: fieldLine(`#EXT-X-MAP:URI="init.mp4"`), body: nil})
	live.body = func(n int) []byte { return fieldFragment(live.second(n)) }
	a, _ := f.packagers(fieldEither(func(r *fieldRequest) *fieldReply {
		if r.path == "/ch/init.mp4" {
			return r.bytes(fieldInit(), "Content-Type", "video/mp4")
		}
		return nil
	}, live.at("/ch/v.m3u8")))
	f.after(5*time.Second, a.kill)
	v := f.follow("/ch/v.m3u8", 15*time.Second)
	f.plays(v, fieldWant{wait: 6 * time.Second, least: 10})
	for _, p := range v.good {
		if f.check(p.init != nil, "number %d: got no EXT-X-MAP, want one", p.msn) && p.msn%5 == 0 {
			g := f.get(p.init["url"])
			f.check(bytes.Equal(g.body, fieldInit()), "init of number %d: got %s, want that of the packager", p.msn, g)
		}
	}
}

func fieldZip(body []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(body) // a Buffer takes everything
	_ = z.Close()
	return b.Bytes()
}

// Playlists and segments come in gzip that was not requested: what players get can be
// read.
func fieldUnaskedGzip(f *field) {
	live := f.live(fieldLive{})
	zip := func(r *fieldRequest, got *fieldReply) *fieldReply {
		if got != nil {
			got.body = fieldZip(got.body)
			got.header.Set("Content-Encoding", "gzip")
		}
		return got
	}
	f.packagers(func(r *fieldRequest) *fieldReply {
		switch r.path {
		case "/ch/list.m3u8":
			return zip(r, r.text(live.playlist()))
		case "/ch/master.m3u8":
			return zip(r, r.text(fieldMaster("list.m3u8")))
		}
		if rest, ok := strings.CutPrefix(r.path, "/all/"); ok {
			r.path = "/ch/" + rest
			return zip(r, live.at("/ch/v.m3u8")(r))
		}
		return live.in("/ch/")(r)
	})
	f.each(2, func(i int) {
		path := []string{"/ch/list.m3u8", "/all/v.m3u8"}[i]
		v := f.follow(path, 8*time.Second)
		f.plays(v, fieldWant{what: path, wait: 4 * time.Second, least: 5})
	})
	f.variants(f.get("/ch/master.m3u8"), "multivariant playlist")
}

// Answers without a length, in chunks or ended by the close of the connection, with and
// without a last end of line (RFC 9112, 6.3).
func fieldWithoutLength(f *field) {
	live := f.live(fieldLive{})
	head := func(kind string) string { return "HTTP/1.0 200 OK\r\nContent-Type: " + kind + "\r\n\r\n" }
	f.packagers(func(r *fieldRequest) *fieldReply {
		switch r.path {
		case "/ch/chunked.m3u8":
			got := r.text(live.playlist())
			got.chunks = 5
			return got
		case "/ch/bare.m3u8":
			got := r.text(strings.TrimRight(live.playlist(), "\n"))
			got.chunks = 3
			return got
		case "/ch/closed.m3u8":
			return r.connection(head(fieldHLS) + live.playlist())
		case "/ch/cut.m3u8":
			return r.connection(head(fieldHLS) + strings.TrimRight(live.playlist(), "\n"))
		case "/ch/slow.m3u8":
			return r.text(live.playlistOf(func(n int) string { return fmt.Sprintf("slow/seg%d.ts", n) }))
		case "/ch/old.m3u8":
			return r.text(live.playlistOf(func(n int) string { return fmt.Sprintf("old/seg%d.ts", n) }))
		}
		if n, ok := r.number("/ch/slow/seg", ".ts"); ok {
			got := r.bytes(live.body(n))
			got.chunks, got.pause = 4, 100*time.Millisecond
			return got
		}
		if n, ok := r.number("/ch/old/seg", ".ts"); ok {
			return r.connection(head("video/mp2t") + string(live.body(n)))
		}
		return live.in("/ch/")(r)
	})
	paths := []string{"chunked", "bare", "closed", "cut", "slow", "old"}
	f.each(len(paths), func(i int) {
		v := f.follow("/ch/"+paths[i]+".m3u8", 9*time.Second)
		f.plays(v, fieldWant{what: paths[i], wait: 5 * time.Second, least: 5, smooth: true})
		f.same(v, paths[i], fieldSecond)
	})
}

// A playlist that is cut short now and then is ignored, and a segment that is cut short
// is fetched again: no player gets a part as the whole.
func fieldCutShort(f *field) {
	live := f.live(fieldLive{})
	var mu sync.Mutex
	asked := map[string]int{}
	f.packagers(func(r *fieldRequest) *fieldReply {
		got := live.at("/ch/v.m3u8")(r)
		if got == nil {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		asked[r.path]++
		n, segment := r.number("/ch/seg", ".ts")
		if !segment && asked[r.path]%3 == 2 || segment && n%4 == 0 && asked[r.path] == 1 {
			got.cut = len(got.body) * 3 / 4
		}
		return got
	})
	v := f.follow("/ch/v.m3u8", 12*time.Second)
	f.plays(v, fieldWant{wait: 4 * time.Second, least: 8, smooth: true})
	f.same(v, "cut short", fieldSecond)
}

// A segment of 300 MB that no range names streams through; it is not refused for its
// size, nor kept until it is whole.
func fieldHugeSegment(f *field) {
	const size = 300 << 20
	a, b := f.packagers(func(r *fieldRequest) *fieldReply {
		if r.path == "/vod/film.mp4" {
			return &fieldReply{film: size, header: map[string][]string{"Content-Type": {"video/mp4"}, "ETag": {`"film"`}}}
		}
		return nil
	})
	head := f.get("/vod/film.mp4", fieldAsk{method: "HEAD"})
	f.check(head.status == 200 && head.header.Get("Content-Length") == fmt.Sprint(size), "HEAD: got %s with length %s, want 200 with %d", head, head.header.Get("Content-Length"), size)
	for _, c := range []struct {
		ask, got string
		from     int64
		length   int
	}{
		{"bytes=0-999", "bytes 0-999/314572800", 0, 1000},
		{"bytes=200000000-200000999", "bytes 200000000-200000999/314572800", 200000000, 1000},
		{"bytes=-500", "bytes 314572300-314572799/314572800", 314572300, 500},
		{"bytes=314572700-", "bytes 314572700-314572799/314572800", 314572700, 100},
	} {
		g := f.get("/vod/film.mp4", fieldAsk{header: map[string][]string{"Range": {c.ask}}})
		want := make([]byte, c.length)
		_, _ = fieldFilm(size).ReadAt(want, c.from)
		f.check(g.status == 206 && bytes.Equal(g.body, want), "%s: got %s with %d bytes, want 206 with its %d", c.ask, g, len(g.body), c.length)
		f.check(g.header.Get("Content-Range") == c.got, "%s: got Content-Range %q, want %q", c.ask, g.header.Get("Content-Range"), c.got)
	}
	g := f.get("/vod/film.mp4", fieldAsk{header: map[string][]string{"Range": {"bytes=400000000-"}}})
	f.check(g.status == 416, "a range behind the end: got %s, want 416", g)
	f.check(a.sent()+b.sent() < 8<<20, "got %d bytes sent by packagers for some thousand, want no whole film", a.sent()+b.sent())
}
