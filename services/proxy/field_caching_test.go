package proxy

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// What no playlist lists has the packager's own Cache-Control, ETag and Last-Modified,
// and is revalidated with them (RFC 9111; RFC 9110, 13).
func fieldOwnCaching(f *field) {
	const modified = "Wed, 15 Nov 1999 04:58:08 GMT"
	controls := map[string]string{"/img/a.jpg": "public, max-age=600", "/img/b.png": "no-store", "/thumbs/c.vtt": "private, max-age=5", "/media/d.ts": "max-age=31536000, immutable", "/e.json": ""}
	f.packagers(func(r *fieldRequest) *fieldReply {
		cc, ok := controls[r.path]
		if !ok {
			return nil
		}
		headers := []string{"Cache-Control", cc, "Etag", `"v1"`, "Last-Modified", modified, "Content-Disposition", "inline"}
		if r.Header.Get("If-None-Match") == `"v1"` || r.Header.Get("If-None-Match") == "" && r.Header.Get("If-Modified-Since") == modified {
			return r.reply(http.StatusNotModified, nil, headers)
		}
		return r.bytes([]byte("body of "+r.path), headers...)
	})
	for path, cc := range controls {
		for range 2 {
			g := f.get(path)
			f.check(g.status == 200 && string(g.body) == "body of "+path, "%s: got %s, want 200 and its body", path, g)
			got := g.header.Get("Cache-Control")
			f.check(got == cc || cc == "" && !strings.Contains(got, "max-age") && !strings.Contains(got, "immutable"), "%s: got Cache-Control %q, want the packager's %q", path, got, cc)
			f.check(g.header.Get("Etag") == `"v1"`, "%s: got ETag %q, want the packager's", path, g.header.Get("Etag"))
			f.check(g.header.Get("Last-Modified") == modified, "%s: got Last-Modified %q, want the packager's", path, g.header.Get("Last-Modified"))
		}
		g := f.get(path, fieldAsk{header: http.Header{"If-None-Match": {`"v1"`}}})
		f.check(g.status == 304, "%s with If-None-Match: got %s, want 304", path, g)
		g = f.get(path, fieldAsk{header: http.Header{"If-Modified-Since": {modified}}})
		f.check(g.status == 304, "%s with If-Modified-Since: got %s, want 304", path, g)
	}
}

// An unlisted resource that changes is served as it is now: its packager did not say that
// it may be kept.
func fieldChanging(f *field) {
	var mu sync.Mutex
	n := 0
	f.packagers(func(r *fieldRequest) *fieldReply {
		if r.path != "/ch/now.json" && r.path != "/ch/now.ts" {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		n++
		return r.bytes(fmt.Appendf(nil, "%s %d", f.since().Truncate(time.Second), n))
	})
	for range 4 {
		for _, path := range []string{"/ch/now.json", "/ch/now.ts"} {
			g := f.get(path)
			at, _, _ := strings.Cut(string(g.body), " ")
			got, _ := time.ParseDuration(at)
			f.check(g.status == 200 && f.since()-got < 2*time.Second, "%s: got %s from %s, want it of now, %s", path, g, at, f.since())
		}
		time.Sleep(3 * time.Second)
	}
}

// A live playlist and a segment that packagers say is not to be stored bear no promise
// of ours; a recording bears the packager's.
func fieldPromises(f *field) {
	live := f.live(fieldLive{})
	f.packagers(func(r *fieldRequest) *fieldReply {
		if r.path == "/vod/v.m3u8" {
			return r.text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXTINF:1,\nv0.ts\n#EXT-X-ENDLIST\n", "Cache-Control", "max-age=60")
		}
		if r.path == "/vod/v0.ts" {
			return r.bytes(fieldSecond(0), "Cache-Control", "max-age=60")
		}
		got := live.at("/ch/v.m3u8")(r)
		if got != nil {
			got.header.Set("Cache-Control", "no-store")
		}
		return got
	})
	v := f.follow("/ch/v.m3u8", 6*time.Second)
	f.plays(v, fieldWant{wait: 4 * time.Second, least: 4, smooth: true})
	f.keptShort(f.get("/ch/v.m3u8"))
	for _, p := range v.good {
		cc := p.got.header.Get("Cache-Control")
		f.check(!strings.Contains(cc, "immutable"), "%s: got Cache-Control %q where the packager says no-store, want nothing immutable", p.uri, cc)
	}
	g := f.get("/vod/v.m3u8")
	f.check(g.status == 200 && !strings.Contains(g.header.Get("Cache-Control"), "immutable"), "recording: got %s, Cache-Control %q, want nothing immutable", g, g.header.Get("Cache-Control"))
}

// A segment that has left the window, and one that no playlist ever listed, are passed on
// as long as packagers have them. No header promises that they stay.
func fieldLeftTheWindow(f *field) {
	live := f.live(fieldLive{ready: 30})
	f.packagers(live.at("/ch/v.m3u8"))
	f.follow("/ch/v.m3u8", 2*time.Second)
	for _, n := range []int{live.last() - 9, live.last() - 12} {
		g := f.get(fmt.Sprintf("/ch/seg%d.ts", n))
		f.check(g.status == 200 && fieldWhich(g.body) == n, "number %d: got %s, want 200 and its media", n, g)
		cc := g.header.Get("Cache-Control")
		f.check(!strings.Contains(cc, "immutable"), "number %d: got Cache-Control %q, want nothing immutable", n, cc)
	}
}

// Partial requests, HEAD and questions of browsers for what is listed are answered.
func fieldReads(f *field) {
	live := f.live(fieldLive{})
	f.packagers(func(r *fieldRequest) *fieldReply {
		if r.Method == http.MethodOptions {
			return r.status(204, "Access-Control-Allow-Origin", "*", "Access-Control-Allow-Methods", "GET", "Access-Control-Allow-Headers", "range")
		}
		return live.at("/ch/v.m3u8")(r)
	})
	segments := f.get("/ch/v.m3u8").segments()
	if !f.check(len(segments) == 6, "playlist: got %d segments, want 6", len(segments)) {
		return
	}
	s := segments[4]
	want := fieldSecond(s.msn)
	g := f.get(s.url, fieldAsk{header: http.Header{"Range": {"bytes=188-375"}}})
	f.check(g.status == 206 && string(g.body) == string(want[188:376]), "a range: got %s, %d bytes, want 206 and its 188", g, len(g.body))
	g = f.get(s.url, fieldAsk{header: http.Header{"Range": {"bytes=-188"}}})
	f.check(g.status == 206 && string(g.body) == string(want[len(want)-188:]), "a range from the end: got %s, %d bytes, want 206 and its 188", g, len(g.body))
	g = f.get(s.url, fieldAsk{header: http.Header{"Range": {fmt.Sprintf("bytes=%d-", len(want))}}})
	f.check(g.status == 416, "a range behind the end: got %s, want 416", g)
	for _, url := range []string{s.url, "/ch/v.m3u8"} {
		g = f.get(url, fieldAsk{method: http.MethodHead})
		f.check(g.status == 200 && len(g.body) == 0, "HEAD of %s: got %s, want 200 and no body", url, g)
		g = f.get(url, fieldAsk{method: http.MethodOptions})
		f.check(g.status/100 == 2 && g.header.Get("Access-Control-Allow-Origin") != "", "OPTIONS of %s: got %s, %v, want leave for browsers", url, g, g.header)
	}
}
