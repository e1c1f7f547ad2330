package proxy

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Packagers want a header that the player's page sets: a player that sends it plays, any
// other is refused. Unknown fields are passed on (RFC 9110, 5.1).
func fieldOwnHeader(f *field) {
	live := f.live(fieldLive{})
	f.packagers(func(r *fieldRequest) *fieldReply {
		if !slices.Contains([]string{"T1", "T2"}, r.Header.Get("X-Auth-Token")) {
			return r.status(403)
		}
		return live.at("/ch/v.m3u8")(r)
	})
	f.each(2, func(i int) {
		token := fmt.Sprintf("T%d", i+1)
		v := f.follow("/ch/v.m3u8", 9*time.Second, fieldPlayer{fieldAsk: fieldAsk{header: http.Header{"X-Auth-Token": {token}}}})
		f.plays(v, fieldWant{what: token, wait: 4 * time.Second, least: 6})
	})
	g := f.get("/ch/v.m3u8")
	f.check(g.status == 403, "without a token: got %s, want 403", g)
}

// Packagers refuse players of other pages than theirs: a player of their page plays (RFC
// 9110, 10.1.3).
func fieldReferer(f *field) {
	live := f.live(fieldLive{})
	f.packagers(func(r *fieldRequest) *fieldReply {
		if !strings.HasPrefix(r.Header.Get("Referer"), "https://tv.example/") {
			return r.status(403)
		}
		return live.at("/ch/v.m3u8")(r)
	})
	v := f.follow("/ch/v.m3u8", 9*time.Second, fieldPlayer{fieldAsk: fieldAsk{header: http.Header{"Referer": {"https://tv.example/live"}}}})
	f.plays(v, fieldWant{wait: 4 * time.Second, least: 6})
}

// Packagers give another playlist to another User-Agent, and say so by Vary: each player
// has its own (RFC 9110, 12.5.5).
func fieldUserAgent(f *field) {
	kinds := []struct {
		agent string
		live  *fieldLive
	}{{"Lavf/61", f.live(fieldLive{name: "t%d.ts"})}, {"AppleCoreMedia/1.0", f.live(fieldLive{name: "a%d.ts", media0: 40})}}
	f.packagers(func(r *fieldRequest) *fieldReply {
		if r.path != "/ch/v.m3u8" {
			return fieldEither(kinds[0].live.in("/ch/"), kinds[1].live.in("/ch/"))(r)
		}
		own := kinds[0]
		if strings.Contains(r.Header.Get("User-Agent"), "AppleCoreMedia") {
			own = kinds[1]
		}
		return r.text(own.live.playlist(), "Vary", "User-Agent")
	})
	f.each(2, func(i int) {
		k := kinds[i]
		v := f.follow("/ch/v.m3u8", 9*time.Second, fieldPlayer{fieldAsk: fieldAsk{header: http.Header{"User-Agent": {k.agent}}}})
		f.plays(v, fieldWant{what: k.agent, wait: 4 * time.Second, least: 6})
		for _, p := range v.good {
			f.check(p.uri == k.live.names(p.msn), "%s: got %s under number %d, want its own kind, %s", k.agent, p.uri, p.msn, k.live.names(p.msn))
		}
	})
}

// A refusal says why, in a body and a header that the player's application reads (RFC
// 9110, 15.5), whether it may be meant for this player alone or not.
func fieldRefusalBody(f *field) {
	const why = `{"why":"too many screens"}`
	f.packagers(func(r *fieldRequest) *fieldReply {
		status := http.StatusForbidden
		if strings.HasPrefix(r.path, "/law/") {
			status = http.StatusUnavailableForLegalReasons
		}
		return r.reply(status, []byte(why), []string{"Content-Type", "application/json", "X-Reason", "concurrency"})
	})
	for _, name := range []string{"m.m3u8", "seg1.ts", "k.key", "m.m3u8"} {
		for folder, status := range map[string]int{"/ch/": 403, "/law/": 451} {
			path := folder + name
			g := f.get(path)
			f.check(g.status == status && string(g.body) == why, "%s: got %s, want %d with the packager's body", path, g, status)
			for name, want := range map[string]string{"X-Reason": "concurrency", "Content-Type": "application/json"} {
				f.check(g.header.Get(name) == want, "%s: got %s %q, want %q", path, name, g.header.Get(name), want)
			}
		}
	}
}

// fieldPage is the page that a browser's player runs in.
const fieldPage = "https://tv.example"

// fieldOpen adds a packager's word on CORS to what it answers.
func fieldOpen(answer fieldAnswer, headers ...string) fieldAnswer {
	return func(r *fieldRequest) *fieldReply {
		got := answer(r)
		for i := 0; got != nil && i < len(headers); i += 2 {
			got.header.Set(headers[i], headers[i+1])
		}
		return got
	}
}

// A page may play, and set a header of its own, where the packagers allow both: a
// browser asks by OPTIONS first (Fetch, 3.2; RFC 9110, 9.3.7).
func fieldPreflight(f *field) {
	live := f.live(fieldLive{})
	f.packagers(fieldOpen(func(r *fieldRequest) *fieldReply {
		if r.Method == http.MethodOptions {
			return r.status(204, "Access-Control-Allow-Headers", "X-Session, Range", "Access-Control-Allow-Methods", "GET, HEAD", "Access-Control-Max-Age", "600")
		}
		return live.at("/ch/v.m3u8")(r)
	}, "Access-Control-Allow-Origin", fieldPage, "Access-Control-Allow-Credentials", "true", "Vary", "Origin", "Access-Control-Expose-Headers", "Content-Range, X-Node"))
	page := http.Header{"Origin": {fieldPage}}
	v := f.follow("/ch/v.m3u8", 8*time.Second, fieldPlayer{fieldAsk: fieldAsk{header: page}})
	f.plays(v, fieldWant{wait: 4 * time.Second, least: 5})
	allows := func(what string, g *fieldGot) {
		got := g.header.Values("Access-Control-Allow-Origin")
		f.check(len(got) == 1 && (got[0] == fieldPage || got[0] == "*"), "%s: got Access-Control-Allow-Origin %q, want %s, once", what, got, fieldPage)
	}
	for _, path := range []string{"/ch/v.m3u8", fmt.Sprintf("/ch/seg%d.ts", live.last())} {
		allows(path, f.get(path, fieldAsk{header: page}))
		asked := http.Header{"Origin": {fieldPage}, "Access-Control-Request-Method": {"GET"}, "Access-Control-Request-Headers": {"x-session"}}
		g := f.get(path, fieldAsk{method: http.MethodOptions, header: asked})
		f.check(g.status == 200 || g.status == 204, "%s: OPTIONS got %s, want 200 or 204", path, g)
		allows("OPTIONS "+path, g)
		got := strings.ToLower(g.header.Get("Access-Control-Allow-Headers"))
		f.check(strings.Contains(got, "x-session"), "%s: got Access-Control-Allow-Headers %q, want x-session among them", path, got)
	}
}

// A player that sends its user's credentials can read answers that name its page and
// allow credentials, and no others: a wildcard is refused (Fetch, 3.2.5). The player
// before it did not come from a page.
func fieldCredentials(f *field) {
	live := f.live(fieldLive{})
	f.packagers(func(r *fieldRequest) *fieldReply {
		origin := r.Header.Get("Origin")
		if origin == "" {
			origin = "*"
		}
		return fieldOpen(live.at("/ch/v.m3u8"), "Access-Control-Allow-Origin", origin, "Access-Control-Allow-Credentials", "true", "Vary", "Origin")(r)
	})
	f.follow("/ch/v.m3u8", 4*time.Second)
	page := fieldAsk{header: http.Header{"Origin": {fieldPage}}}
	f.plays(f.follow("/ch/v.m3u8", 5*time.Second, fieldPlayer{fieldAsk: page}), fieldWant{wait: 4 * time.Second, least: 3})
	for _, path := range []string{"/ch/v.m3u8", fmt.Sprintf("/ch/seg%d.ts", live.last()-1)} {
		g := f.get(path, page)
		for name, want := range map[string]string{"Access-Control-Allow-Origin": fieldPage, "Access-Control-Allow-Credentials": "true"} {
			f.check(g.header.Get(name) == want, "%s: got %s %q, want %q", path, name, g.header.Get(name), want)
		}
	}
}

// Players probe by HEAD and by ranges, both of a new segment and of an older one: each
// answer is as RFC 9110, 14 says. A range in an unknown unit is ignored (RFC 9110, 14.2).
func fieldProbes(f *field) {
	live := f.live(fieldLive{window: 10})
	f.packagers(live.at("/ch/v.m3u8"))
	f.follow("/ch/v.m3u8", 3*time.Second)
	last := live.last() - 3
	for _, n := range []int{last, last - 6} {
		path, whole := fmt.Sprintf("/ch/seg%d.ts", n), live.body(n)
		g := f.get(path, fieldAsk{method: http.MethodHead})
		f.check(g.status == 200 && len(g.body) == 0, "%s: HEAD got %s with %d bytes, want 200 without any", path, g, len(g.body))
		length := g.header.Get("Content-Length")
		f.check(length == "" || length == fmt.Sprint(len(whole)), "%s: HEAD got Content-Length %s, want %d", path, length, len(whole))
		for _, c := range []struct {
			ask    string
			status []int
			body   []byte
			ranged string
		}{
			{"bytes=0-1", []int{206}, whole[:2], fmt.Sprintf("bytes 0-1/%d", len(whole))},
			{"bytes=-188", []int{206}, whole[len(whole)-188:], ""},
			{"bytes=188-", []int{206}, whole[188:], ""},
			{"bytes=0-", []int{200, 206}, whole, ""},
			{"bytes=99999999-", []int{416}, nil, ""},
			{"pages=1-2", []int{200}, whole, ""},
		} {
			g := f.get(path, fieldAsk{header: http.Header{"Range": {c.ask}}})
			f.check(slices.Contains(c.status, g.status) && (c.body == nil || bytes.Equal(g.body, c.body)), "%s with %s: got %s with %d bytes, want %v with its %d", path, c.ask, g, len(g.body), c.status, len(c.body))
			got := g.header.Get("Content-Range")
			f.check(c.ranged == "" || got == c.ranged, "%s with %s: got Content-Range %q, want %q", path, c.ask, got, c.ranged)
		}
	}
	g := f.get("/ch/v.m3u8", fieldAsk{method: http.MethodHead})
	f.check(g.status == 200 && len(g.body) == 0 && strings.Contains(strings.ToLower(g.header.Get("Content-Type")), "mpegurl"), "HEAD of the playlist: got %s, %d bytes of %q, want 200 and its type", g, len(g.body), g.header.Get("Content-Type"))
	for _, ask := range []string{"bytes=0-", "bytes=0-1"} {
		g := f.get("/ch/v.m3u8", fieldAsk{header: http.Header{"Range": {ask}}})
		part := ask == "bytes=0-1" && g.status == 206 && string(g.body) == "#E"
		all := (g.status == 200 || g.status == 206) && len(g.playlist().segments) >= 9
		f.check(part || all, "playlist with %s: got %s with %d bytes, want what is asked or all", ask, g, len(g.body))
	}
}

// A recording has the validators of its packager. A player that sends them back learns
// that nothing changed (RFC 9110, 8.8 and 13.1; RFC 9111, 4.3).
func fieldFilmValidators(f *field) {
	const modified = "Wed, 15 Nov 1999 04:58:08 GMT"
	var list strings.Builder
	files := map[string][]byte{}
	for n := range 5 {
		fmt.Fprintf(&list, "#EXTINF:1,\n%d.ts\n", n)
		files[fmt.Sprintf("/vod/%d.ts", n)] = fieldSecond(n)
	}
	files["/vod/v.m3u8"] = []byte("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-PLAYLIST-TYPE:VOD\n" + list.String() + "#EXT-X-ENDLIST\n")
	f.packagers(func(r *fieldRequest) *fieldReply {
		body, ok := files[r.path]
		if !ok {
			return nil
		}
		tag, none := fmt.Sprintf(`"%d-%d"`, len(body), len(r.path)), r.Header.Get("If-None-Match")
		if none == tag || none == "" && r.Header.Get("If-Modified-Since") == modified {
			return r.reply(http.StatusNotModified, nil, []string{"ETag", tag, "Last-Modified", modified})
		}
		return r.bytes(body, "ETag", tag, "Last-Modified", modified, "Cache-Control", "max-age=60")
	})
	f.plays(f.follow("/vod/v.m3u8", 6*time.Second, fieldPlayer{start: 5}), fieldWant{wait: 7 * time.Second, least: 5})
	for _, path := range []string{"/vod/v.m3u8", "/vod/2.ts"} {
		g := f.get(path)
		tag := g.header.Get("ETag")
		f.check(tag != "" && g.header.Get("Last-Modified") == modified, "%s: got ETag %q and Last-Modified %q, want both, the packager's", path, tag, g.header.Get("Last-Modified"))
		f.check(g.header.Get("Cache-Control") == "max-age=60", "%s: got Cache-Control %q, want the packager's", path, g.header.Get("Cache-Control"))
		for name, value := range map[string]string{"If-None-Match": tag, "If-Modified-Since": modified} {
			again := f.get(path, fieldAsk{header: http.Header{name: {value}}})
			f.check(again.status == 304, "%s with %s %s: got %s, want 304", path, name, value, again)
		}
		other := f.get(path, fieldAsk{header: http.Header{"If-None-Match": {`"other"`}}})
		f.check(other.status == 200 && bytes.Equal(other.body, g.body), "%s with another ETag: got %s, want 200 and all", path, other)
		if path == "/vod/2.ts" {
			part := f.get(path, fieldAsk{header: http.Header{"Range": {"bytes=0-99"}, "If-Range": {tag}}})
			f.check(part.status == 206 && bytes.Equal(part.body, fieldSecond(2)[:100]), "%s with If-Range: got %s with %d bytes, want 206 with its 100", path, part, len(part.body))
		}
	}
}
