package proxy

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The live playlist asked for with a time range gives that recording with its end,
// while viewers without a query stay live. ENDLIST ends the playlist of this URI (RFC
// 8216, 4.3.3.4); with another query it is another resource (RFC 3986, 3.4).
func fieldQueryCatchUp(f *field) {
	live := f.live(fieldLive{ready: 40})
	f.packagers(func(r *fieldRequest) *fieldReply {
		if r.path == "/tv/index.m3u8" && r.query.Has("start") {
			start, _ := strconv.Atoi(r.query.Get("start"))
			end, _ := strconv.Atoi(r.query.Get("end"))
			text := fmt.Sprintf("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-MEDIA-SEQUENCE:%d\n", start)
			for n := start; n < end; n++ {
				text += fmt.Sprintf("#EXTINF:1,\nold%d.ts\n", n)
			}
			return r.text(text + "#EXT-X-ENDLIST\n")
		}
		if n, ok := r.number("/tv/old", ".ts"); ok {
			return r.bytes(live.body(n))
		}
		return live.at("/tv/index.m3u8")(r)
	})
	recording := func(first, end int) {
		time.Sleep(2 * time.Second)
		g := f.get(fmt.Sprintf("/tv/index.m3u8?start=%d&end=%d", first, end))
		p := g.playlist()
		if !f.check(g.status == 200 && p.ended && p.msn == first && p.last() == end-1,
			"recording: got %s, numbers %d to %d, end %v, want numbers %d to %d and an end", g, p.msn, p.last(), p.ended, first, end-1) {
			return
		}
		for _, s := range p.segments {
			got := f.piece(s, 1)
			f.check(got.second == s.msn, "recording: got second %d for %s (%s), want %d", got.second, s.uri, got.got, s.msn)
		}
	}
	var v *fieldView
	f.together(func() { v = f.follow("/tv/index.m3u8", 9*time.Second) }, func() { recording(2, 6) }, func() { recording(20, 23) })
	f.plays(v, fieldWant{what: "live", wait: 4 * time.Second, least: 6})
	f.check(v.atEnd != nil && !v.atEnd.ended, "got an end in the live playlist, want none")
}

// One path has two renditions, distinguished by the query: players of each get its own
// media, and a request without a query gets neither. The URI of a rendition or variant
// includes its query (RFC 8216, 4.3.4.1 and 4.3.4.2; RFC 3986, 3.4).
func fieldQueryRendition(f *field) {
	streams := map[string]*fieldLive{"video": f.live(fieldLive{name: "video%d.ts"}), "audio": f.live(fieldLive{name: "audio%d.ts", media0: 30})}
	f.packagers(func(r *fieldRequest) *fieldReply {
		if l := streams[r.query.Get("stream")]; r.path == "/q/index.m3u8" && l != nil {
			return r.text(l.playlist())
		}
		for name, l := range streams {
			if n, ok := r.number("/q/"+name, ".ts"); ok {
				return r.bytes(l.body(n))
			}
		}
		return nil
	})
	for _, name := range []string{"video", "audio"} {
		v := f.follow("/q/index.m3u8?stream="+name, 8*time.Second)
		f.plays(v, fieldWant{what: name, wait: 4 * time.Second, least: 5})
		for _, p := range v.pieces {
			f.check(strings.Contains(p.uri, name), "%s: got segment %s, want one of its own", name, p.uri)
		}
	}
	g := f.get("/q/index.m3u8")
	f.check(g.status == 404, "without a query: got %s, want 404, as all packagers say", g)
}

// A player plays with the token of its URI, another one with its own, and one without a
// token gets nothing of theirs. The query identifies the resource (RFC 3986, 3.4); URIs
// of playlists and segments are taken whole (RFC 8216, 4.1).
func fieldQueryToken(f *field) {
	live := f.live(fieldLive{})
	f.packagers(func(r *fieldRequest) *fieldReply {
		t := r.query.Get("token")
		if t != "T1" && t != "T2" {
			return r.status(403)
		}
		switch r.path {
		case "/ch/master.m3u8":
			return r.text(fieldMaster("chunks.m3u8?token=" + t))
		case "/ch/chunks.m3u8":
			return r.text(live.playlistOf(func(n int) string { return fmt.Sprintf("seg%d.ts?token=%s", n, t) }))
		}
		return live.in("/ch/")(r)
	})
	player := func(t string) {
		for _, address := range f.variants(f.get("/ch/master.m3u8?token="+t), "token "+t) {
			v := f.follow(address, 8*time.Second)
			f.plays(v, fieldWant{what: "token " + t, wait: 4 * time.Second, least: 5})
			for _, p := range v.pieces {
				f.check(strings.Contains(p.url, "token="+t), "token %s: got segment %s, want the own token", t, p.url)
			}
		}
	}
	f.together(func() { player("T1") }, func() { player("T2") })
	for _, path := range []string{"/ch/master.m3u8", "/ch/chunks.m3u8", "/ch/chunks.m3u8?token=wrong", fmt.Sprintf("/ch/seg%d.ts", live.last())} {
		g := f.get(path)
		f.check(g.status != 200, "%s without a right token: got 200, want a refusal", path)
	}
}

// A multivariant playlist whose variant is the same path with a query leads to the
// media playlist of that query (RFC 8216, 4.3.4.2; RFC 3986, 3).
func fieldQueryVariant(f *field) {
	live := f.live(fieldLive{})
	f.packagers(fieldSRS(live))
	for _, address := range f.variants(f.get("/live/tv.m3u8"), "multivariant playlist") {
		f.plays(f.follow(address, 8*time.Second), fieldWant{wait: 4 * time.Second, least: 5})
	}
}

// fieldSRS is a packager that gives each viewer a context in the query, as SRS does.
func fieldSRS(live *fieldLive) fieldAnswer {
	return func(r *fieldRequest) *fieldReply {
		context := r.query.Get("ctx")
		if r.path == "/live/tv.m3u8" {
			if context == "" {
				return r.text(fieldMaster(fmt.Sprintf("/live/tv.m3u8?ctx=%08x", rand.Uint32())))
			}
			return r.text(live.playlistOf(func(n int) string { return fmt.Sprintf("tv-%d.ts?ctx=%s", n, context) }))
		}
		if n, ok := r.number("/live/tv-", ".ts"); ok {
			if context == "" {
				return r.status(403)
			}
			return r.bytes(live.body(n))
		}
		return nil
	}
}

// The query reaches packagers as it is written: order, empty values, escapes, and names
// given twice are what a signature is over.
func fieldSignedQuery(f *field) {
	live := f.live(fieldLive{})
	queries := []string{"b=2&a=1", "a=1&b=2", "e=&d", "p=%2Fch%2f*&s=a+b%20c", "k=1&k=2&k=1", "sig=abc/def+ghi==&x;y", "~exp=1~acl=/*~hmac=0af", "q=a?b", "utf=%C3%A9"}
	f.packagers(func(r *fieldRequest) *fieldReply {
		if !slices.Contains(queries, r.raw) {
			return r.status(403)
		}
		if r.path == "/ch/v.m3u8" {
			return r.text(live.playlistOf(func(n int) string { return fmt.Sprintf("seg%d.ts?%s", n, r.raw) }))
		}
		return live.in("/ch/")(r)
	})
	f.each(len(queries), func(i int) {
		v := f.follow("/ch/v.m3u8?"+queries[i], 5*time.Second, fieldPlayer{every: 700 * time.Millisecond})
		f.plays(v, fieldWant{what: queries[i], wait: 4 * time.Second, least: 3})
		for _, p := range v.pieces {
			f.check(strings.HasSuffix(p.url, "?"+queries[i]), "%s: got segment %s, want the query of the playlist", queries[i], p.url)
		}
	})
}

// each runs act for each number below n, all at the same time.
func (f *field) each(n int, act func(i int)) {
	var acts []func()
	for i := range n {
		acts = append(acts, func() { act(i) })
	}
	f.together(acts...)
}

// Segments that have the path of their playlist and differ from it by the query alone
// are media, whatever the path is called.
func fieldSegmentsByQuery(f *field) {
	live := f.live(fieldLive{})
	f.packagers(func(r *fieldRequest) *fieldReply {
		if r.path != "/ch/v.m3u8" {
			return nil
		}
		if n, err := strconv.Atoi(r.query.Get("seg")); err == nil {
			return r.bytes(live.body(n), "Content-Type", "video/mp2t")
		}
		return r.text(live.playlistOf(func(n int) string { return fmt.Sprintf("?seg=%d", n) }))
	})
	f.plays(f.follow("/ch/v.m3u8", 8*time.Second), fieldWant{wait: 4 * time.Second, least: 5})
}

// Many viewers, each with a token of its own on the playlist: all of them play.
func fieldManyTokens(f *field) {
	live := f.live(fieldLive{})
	f.packagers(func(r *fieldRequest) *fieldReply {
		t := r.query.Get("token")
		if t == "" {
			return r.status(403)
		}
		if r.path == "/ch/v.m3u8" {
			return r.text(live.playlistOf(func(n int) string { return fmt.Sprintf("seg%d.ts?token=%s", n, t) }))
		}
		return live.in("/ch/")(r)
	})
	f.each(12, func(i int) {
		token := fmt.Sprintf("viewer%d", i)
		v := f.follow("/ch/v.m3u8?token="+token, 6*time.Second, fieldPlayer{every: time.Second})
		f.plays(v, fieldWant{what: token, wait: 4 * time.Second, least: 4})
		for _, p := range v.pieces {
			f.check(strings.HasSuffix(p.url, "="+token), "%s: got segment %s, want the own token", token, p.url)
		}
	})
}

// Tokens on playlists and segments, and a packager dies: players go on with the token
// that they have.
func fieldTokenKill(f *field) {
	live := f.live(fieldLive{})
	a, _ := f.packagers(func(r *fieldRequest) *fieldReply {
		if r.query.Get("token") != "T1" {
			return r.status(403)
		}
		if r.path == "/ch/v.m3u8" {
			return r.text(live.playlistOf(func(n int) string { return fmt.Sprintf("seg%d.ts?token=T1", n) }))
		}
		return live.in("/ch/")(r)
	})
	f.after(5*time.Second, a.kill)
	f.plays(f.follow("/ch/v.m3u8?token=T1", 16*time.Second), fieldWant{wait: 6 * time.Second, least: 11, smooth: true})
}

// Two renditions at one path, distinguished by the query, go on when a packager dies,
// each with its own media.
func fieldQueryRenditionKill(f *field) {
	streams := map[string]*fieldLive{"1": f.live(fieldLive{}), "2": f.live(fieldLive{media0: 30})}
	a, _ := f.packagers(func(r *fieldRequest) *fieldReply {
		l := streams[r.query.Get("track")]
		switch {
		case l == nil:
			return nil
		case r.path == "/q/index.m3u8":
			return r.text(l.playlistOf(func(n int) string { return fmt.Sprintf("seg%d.ts?track=%s", n, r.query.Get("track")) }))
		}
		return l.in("/q/")(r)
	})
	f.after(5*time.Second, a.kill)
	f.each(2, func(i int) {
		track := strconv.Itoa(i + 1)
		v := f.follow("/q/index.m3u8?track="+track, 14*time.Second)
		f.plays(v, fieldWant{what: "track " + track, wait: 6 * time.Second, least: 9})
		for _, p := range v.good {
			want := streams[track].second(p.msn)
			f.check(p.second == want, "track %s: got second %d under number %d, want %d", track, p.second, p.msn, want)
		}
	})
}

// Delivery directives are the proxy's own or the packager's, and no argument of another
// playlist: a player that adds _HLS_msn at each look plays, with a token beside it too.
func fieldDirectives(f *field) {
	live := f.live(fieldLive{})
	a, b := f.packagers(func(r *fieldRequest) *fieldReply {
		if r.path == "/ch/t.m3u8" && r.query.Get("token") != "T1" {
			return r.status(403)
		}
		if r.path == "/ch/t.m3u8" {
			return r.text(live.playlist())
		}
		return live.at("/ch/v.m3u8")(r)
	})
	for _, path := range []string{"/ch/v.m3u8", "/ch/t.m3u8?token=T1"} {
		v := f.follow(path, 8*time.Second, fieldPlayer{arguments: func(newest int) string {
			if newest < 0 {
				return ""
			}
			return fmt.Sprintf("_HLS_msn=%d", newest+1)
		}})
		f.plays(v, fieldWant{what: path, wait: 4 * time.Second, least: 5})
	}
	for _, o := range []*fieldOrigin{a, b} {
		f.check(f.plain || o.asked("_HLS_msn") == 0, "%s has blocking reload of none: got %d requests with _HLS_msn, want none", o.name, o.asked("_HLS_msn"))
	}
}

// Arguments named in a setting, such as CMCD, are no part of what is asked for: players
// that send different ones share what is fetched.
func fieldIgnoredQuery(f *field) {
	live := f.live(fieldLive{})
	f.settings = map[string]string{"PROXY_IGNORED_QUERY": "CMCD"}
	a, b := f.packagers(live.at("/ch/v.m3u8"))
	f.each(8, func(i int) {
		v := f.follow("/ch/v.m3u8", 8*time.Second, fieldPlayer{
			arguments: func(newest int) string { return fmt.Sprintf("CMCD=sid%%3D%%22%d%%22%%2Cnor%%3D%d", i, newest) },
			segment:   func(address string) string { return fmt.Sprintf("%s?CMCD=br%%3D%d", address, i) },
		})
		f.plays(v, fieldWant{what: "a player with CMCD", wait: 4 * time.Second, least: 5, smooth: true})
	})
	if segments := a.asked(".ts") + b.asked(".ts"); !f.plain {
		f.check(segments < 2*20, "got %d requests for some 20 segments by 8 players, want each asked for once by a packager", segments)
	}
}

// An argument that is not ignored makes another resource of a segment, with its own
// bytes.
func fieldMeaningfulQuery(f *field) {
	f.packagers(func(r *fieldRequest) *fieldReply {
		n, err := strconv.Atoi(r.query.Get("t"))
		if r.path != "/thumbs/sprite.ts" || err != nil {
			return nil
		}
		return r.bytes(fieldSecond(n))
	})
	for _, n := range []int{3, 9, 3, 27} {
		g := f.get(fmt.Sprintf("/thumbs/sprite.ts?t=%d", n))
		f.check(g.status == 200 && fieldWhich(g.body) == n, "t=%d: got %s, second %d, want second %d", n, g, fieldWhich(g.body), n)
	}
}

// The value of a query argument stands in URIs by EXT-X-DEFINE (RFC 8216bis, 4.4.2.3):
// the player's argument reaches the segments, a value of the playlist's too.
func fieldDefine(f *field) {
	live := f.live(fieldLive{version: 11, head: fieldLine("#EXT-X-DEFINE:QUERYPARAM=\"token\"\n#EXT-X-DEFINE:NAME=\"dir\",VALUE=\"media\"")})
	f.packagers(func(r *fieldRequest) *fieldReply {
		if r.query.Get("token") != "T1" {
			return r.status(403)
		}
		if r.path == "/ch/v.m3u8" {
			return r.text(live.playlistOf(func(n int) string { return fmt.Sprintf("{$dir}/seg%d.ts?token={$token}", n) }))
		}
		return live.in("/ch/media/")(r)
	})
	f.plays(f.follow("/ch/v.m3u8?token=T1", 8*time.Second), fieldWant{wait: 4 * time.Second, least: 5, smooth: true})
}

// What is asked for without any playlist, such as a picture or a subtitle, comes with
// its query too, for every method that reads.
func fieldOtherMethods(f *field) {
	f.packagers(func(r *fieldRequest) *fieldReply {
		if r.path == "/img/poster.jpg" && r.raw == "w=320" {
			return r.bytes([]byte("picture"), "Content-Type", "image/jpeg")
		}
		return nil
	})
	get, head := f.get("/img/poster.jpg?w=320"), f.get("/img/poster.jpg?w=320", fieldAsk{method: http.MethodHead})
	f.check(get.status == 200 && string(get.body) == "picture", "GET: got %s %q, want the picture", get, get.body)
	f.check(get.header.Get("Content-Type") == "image/jpeg", "GET: got type %q, want image/jpeg", get.header.Get("Content-Type"))
	f.check(head.status == 200 && len(head.body) == 0, "HEAD: got %s, want 200 without a body", head)
	f.check(head.header.Get("Content-Length") == "7", "HEAD: got Content-Length %q, want 7", head.header.Get("Content-Length"))
	g := f.get("/img/poster.jpg")
	f.check(g.status == 404, "without its query: got %s, want 404", g)
}
