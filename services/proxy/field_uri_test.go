package proxy

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// uris plays playlists whose segments, in one folder or another, are written as uris
// say, and asks packagers for nothing but what they have.
func (f *field) uris(live *fieldLive, segments fieldAnswer, uris map[string]string) {
	f.packagers(func(r *fieldRequest) *fieldReply {
		for path, uri := range uris {
			if fieldNormal(path) == fieldNormal(r.path) {
				return r.text(live.playlistOf(func(n int) string { return strings.ReplaceAll(uri, "%d", fmt.Sprint(n)) }))
			}
		}
		return segments(r)
	})
	var paths []string
	for path := range uris {
		paths = append(paths, path)
	}
	f.each(len(paths), func(i int) {
		v := f.follow(paths[i], 5*time.Second, fieldPlayer{every: 700 * time.Millisecond})
		f.plays(v, fieldWant{what: paths[i] + " with " + uris[paths[i]], wait: 4 * time.Second, least: 5, smooth: true})
	})
}

// Segments with a colon in their name play: in a folder, after ./, and as a name that
// begins with a date. A colon may stand in a path; a scheme begins with a letter, so a
// date is not one (RFC 3986, 3.1 and 4.2).
func fieldColon(f *field) {
	live := f.live(fieldLive{name: "2026-11-28T10:00:00-%d.ts"})
	f.uris(live, fieldEither(live.in("/ch/day/"), live.in("/ch/")), map[string]string{
		"/ch/v.m3u8": "2026-11-28T10:00:00-%d.ts", "/ch/dot.m3u8": "./2026-11-28T10:00:00-%d.ts", "/ch/dir.m3u8": "day/2026-11-28T10:00:00-%d.ts"})
}

// Segments with %2F, or an empty path element, in their URI play, and are asked of the
// packager as they are written: %2F is data and no separator, an empty path segment is
// a path segment (RFC 3986, 2.2 and 3.3).
func fieldEncodedSlash(f *field) {
	live := f.live(fieldLive{})
	f.uris(live, func(r *fieldRequest) *fieldReply {
		for _, prefix := range []string{"/ch/a%2Fb-", "/ch/sub//seg", "/ch//seg"} {
			if n, ok := r.number(prefix, ".ts"); ok {
				return r.bytes(live.body(n))
			}
		}
		return nil
	}, map[string]string{"/ch/pct.m3u8": "a%2Fb-%d.ts", "/ch/empty.m3u8": "sub//seg%d.ts", "/ch//dd.m3u8": "seg%d.ts"})
}

// Segments and variants in another folder play: a relative URI may leave the folder of
// its playlist, as far as the root (RFC 8216, 4.1; RFC 3986, 5.2).
func fieldOtherFolder(f *field) {
	live := f.live(fieldLive{})
	f.uris(live, fieldEither(fieldPages(map[string]func() string{"/ch/master.m3u8": fieldLine(fieldMaster("/hls/720p/index.m3u8"))}),
		live.in("/media/"), live.in("/hls/720p/")), map[string]string{
		"/ch/v.m3u8": "/media/seg%d.ts", "/ch/x/v.m3u8": "../../media/seg%d.ts", "/hls/720p/index.m3u8": "seg%d.ts"})
	for _, address := range f.variants(f.get("/ch/master.m3u8"), "a variant in another folder") {
		f.plays(f.follow(address, 5*time.Second), fieldWant{what: "the variant", wait: 4 * time.Second, least: 3})
	}
}

// Segments and an audio rendition that packagers keep at another host, absolute and as
// //host, play: a player asks that host (RFC 8216, 4.1; RFC 3986, 4.2 and 4.3).
func fieldOtherHost(f *field) {
	live, sound := f.live(fieldLive{}), f.live(fieldLive{name: "aud%d.ts", media0: 30})
	store := f.origin("store", fieldEither(live.in("/cdn/"), sound.at("/cdn/audio.m3u8")))
	master := fmt.Sprintf("#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"en\",DEFAULT=YES,URI=\"%s/cdn/audio.m3u8\"\n"+
		"#EXT-X-STREAM-INF:BANDWIDTH=1000000,AUDIO=\"a\"\nv.m3u8\n", store.url())
	f.uris(live, fieldPages(map[string]func() string{"/ch/master.m3u8": fieldLine(master)}), map[string]string{
		"/ch/v.m3u8": store.url() + "/cdn/seg%d.ts", "/ch/w.m3u8": "//store/cdn/seg%d.ts"})
	g := f.get("/ch/master.m3u8")
	if f.check(g.status == 200 && len(g.playlist().media) == 1, "multivariant playlist: got %s, want 200 and the audio rendition", g) {
		f.plays(f.follow(g.playlist().media[0].url, 5*time.Second), fieldWant{what: "audio rendition", wait: 4 * time.Second, least: 3})
	}
}

// Packagers that write absolute URIs with their own host: media, multivariant and VOD
// playlists play, and go on when one dies. The two list the same segments, each at
// itself (RFC 8216, 4.1; RFC 3986, 4.3).
func fieldOwnHost(f *field) {
	live := f.live(fieldLive{})
	a, _ := f.packagers(func(r *fieldRequest) *fieldReply {
		own := func(n int) string { return fmt.Sprintf("%s/ch/seg%d.ts", r.origin.url(), n) }
		switch r.path {
		case "/ch/v.m3u8":
			return r.text(live.playlistOf(own))
		case "/ch/master.m3u8":
			return r.text(fieldMaster(r.origin.url() + "/ch/v.m3u8"))
		case "/ch/vod.m3u8":
			text := "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-PLAYLIST-TYPE:VOD\n"
			for n := live.last() - 4; n <= live.last(); n++ {
				text += "#EXTINF:1.0,\n" + own(n) + "\n"
			}
			return r.text(text + "#EXT-X-ENDLIST\n")
		}
		return live.in("/ch/")(r)
	})
	f.variants(f.get("/ch/master.m3u8"), "multivariant playlist")
	f.plays(f.follow("/ch/vod.m3u8", 8*time.Second, fieldPlayer{start: 5}), fieldWant{what: "VOD", wait: 9 * time.Second, least: 5})
	f.after(4*time.Second, a.kill)
	f.plays(f.follow("/ch/v.m3u8", 16*time.Second), fieldWant{what: "live, a packager dies", wait: 7 * time.Second, least: 8})
}

var fieldEscape = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)

// fieldNormal is a path with what need not be escaped as it is, and capitals in what is
// (RFC 3986, 6.2.2): a packager knows no difference.
func fieldNormal(path string) string {
	return fieldEscape.ReplaceAllStringFunc(path, func(e string) string {
		c := fieldUnescape(e)
		if c == "-" || c == "." || c == "_" || c == "~" || c >= "0" && c <= "9" || c >= "A" && c <= "Z" || c >= "a" && c <= "z" {
			return c
		}
		return strings.ToUpper(e)
	})
}

// Spaces, UTF-8, escapes, fragments and dots in the URIs of segments: players escape
// what is not a URI, and so the packager is asked (RFC 3986, 2.1 and 3.5).
func fieldUnusualNames(f *field) {
	live := f.live(fieldLive{})
	names := map[string]string{ // how a segment is written, by what is asked of the packager
		"/ch/a%20b-":           "a b-%d.ts",
		"/ch/c%20d-":           "c%20d-%d.ts",
		"/ch/%C3%A9t%C3%A9-":   "été-%d.ts",
		"/ch/%e6%97%a5-":       "%e6%97%a5-%d.ts",
		"/ch/plus+and,semi;x-": "plus+and,semi;x-%d.ts",
		"/ch/q%3Fm%23h-":       "q%3Fm%23h-%d.ts",
		"/ch/frag-":            "frag-%d.ts#t=0",
		"/ch/pct%25-":          "pct%25-%d.ts",
		"/ch/(v=1)@x'!$&*~-":   "(v=1)@x'!$&*~-%d.ts",
		"/ch/in/":              "./x/../in/./%d.ts",
		"/beyond/":             "../../../../beyond/%d.ts",
		"/root/":               "/root/%d.ts?",
	}
	uris := map[string]string{}
	for _, uri := range names {
		uris[fmt.Sprintf("/ch/list%d.m3u8", len(uris))] = uri
	}
	f.uris(live, func(r *fieldRequest) *fieldReply {
		r.path = fieldNormal(r.path)
		for prefix := range names {
			if n, ok := r.number(fieldNormal(prefix), ".ts"); ok {
				return r.bytes(live.body(n))
			}
		}
		return nil
	}, uris)
}

// The same in the path of the playlist, with what players may write there.
func fieldUnusualPlaylistPaths(f *field) {
	live := f.live(fieldLive{})
	uris := map[string]string{}
	for _, folder := range []string{"/my%20channel/", "/%C3%A9t%C3%A9/", "/live.isml/.m3u8/", "/ch;v=1/", "/a@b:c/", "/(kind=hls)/", "/a%2Fb/", "/x//y/", "/~u/1,2/", "/%7Eu/", "/UPPER/", "/upper/"} {
		uris[folder+"v.m3u8"] = "seg%d.ts"
	}
	f.uris(live, func(r *fieldRequest) *fieldReply {
		r.path = fieldNormal(r.path)
		for path := range uris {
			if got := live.in(fieldNormal(strings.TrimSuffix(path, "v.m3u8")))(r); got != nil {
				return got
			}
		}
		return nil
	}, uris)
}

// Long URIs, as signed ones are, play: three thousand bytes of query.
func fieldLongURI(f *field) {
	live := f.live(fieldLive{})
	sign := strings.Repeat("0123456789abcdef", 190)
	f.uris(live, func(r *fieldRequest) *fieldReply {
		if r.query.Get("sig") != sign {
			return r.status(403)
		}
		return live.in("/ch/")(r)
	}, map[string]string{"/ch/v.m3u8": "seg%d.ts?sig=" + sign})
}

// Every URI of a multivariant playlist may be the packager's own address: variants,
// renditions, I-frame playlists, session keys. All of them lead to something, also
// when the packager that wrote them is dead.
func fieldOwnHostEverywhere(f *field) {
	live := f.live(fieldLive{})
	a, _ := f.packagers(func(r *fieldRequest) *fieldReply {
		if r.path == "/ch/master.m3u8" {
			own := r.origin.url() + "/ch/"
			return r.text(fmt.Sprintf("#EXTM3U\n#EXT-X-SESSION-KEY:METHOD=AES-128,URI=\"%[1]skey\"\n"+
				"#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"en\",URI=\"%[1]saudio.m3u8\"\n"+
				"#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"c\",NAME=\"cc\",INSTREAM-ID=\"CC1\"\n"+
				"#EXT-X-STREAM-INF:BANDWIDTH=1000000,AUDIO=\"a\",CLOSED-CAPTIONS=\"c\"\n%[1]sv.m3u8\n"+
				"#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1000,URI=\"%[1]siframes.m3u8\"\n", own))
		}
		for _, name := range []string{"audio", "iframes"} {
			if r.path == "/ch/"+name+".m3u8" {
				return r.text(live.playlist())
			}
		}
		return live.at("/ch/v.m3u8")(r)
	})
	g := f.get("/ch/master.m3u8")
	if !f.check(g.status == 200, "multivariant playlist: got %s, want 200", g) {
		return
	}
	p := g.playlist()
	if !f.check(len(p.variants) == 1 && len(p.media) == 2 && len(p.iframes) == 1, "got %q, want one variant, two renditions, one I-frame playlist", p.text) {
		return
	}
	if !f.plain {
		a.kill() // a plain proxy leaves players with the addresses of a dead packager
	}
	for what, address := range map[string]string{"variant": p.variants[0].url, "rendition": p.media[0].url, "I-frames": p.iframes[0].url} {
		f.plays(f.follow(address, 5*time.Second), fieldWant{what: what, wait: 4 * time.Second, least: 3})
	}
}

// An absolute URI of the packager is its own with the port written out, too.
func fieldOwnHostWithPort(f *field) {
	live := f.live(fieldLive{})
	a, _ := f.packagers(func(r *fieldRequest) *fieldReply {
		if r.path == "/ch/v.m3u8" {
			return r.text(live.playlistOf(func(n int) string { return fmt.Sprintf("%s:80/ch/seg%d.ts", r.origin.url(), n) }))
		}
		return live.in("/ch/")(r)
	})
	f.after(4*time.Second, a.kill)
	f.plays(f.follow("/ch/v.m3u8", 14*time.Second), fieldWant{wait: 6 * time.Second, least: 9})
}

// Segments at another host play on when a packager dies: they are the same ones.
func fieldOtherHostKill(f *field) {
	live := f.live(fieldLive{})
	store := f.origin("store", live.in("/cdn/"))
	a, _ := f.packagers(func(r *fieldRequest) *fieldReply {
		if r.path == "/ch/v.m3u8" {
			return r.text(live.playlistOf(func(n int) string { return fmt.Sprintf("%s/cdn/seg%d.ts", store.url(), n) }))
		}
		return nil
	})
	f.after(5*time.Second, a.kill)
	f.plays(f.follow("/ch/v.m3u8", 15*time.Second), fieldWant{wait: 6 * time.Second, least: 10, smooth: true})
}

// Variants of a multivariant playlist written in unusual ways lead to their playlists.
func fieldUnusualVariants(f *field) {
	live := f.live(fieldLive{})
	variants := []string{"my video.m3u8", "%C3%A9.m3u8", "./lo:w.m3u8", "../ch/up.m3u8", "list?format=m3u8-aapl", "v.m3u8#frag"}
	f.packagers(func(r *fieldRequest) *fieldReply {
		switch r.path {
		case "/ch/master.m3u8":
			return r.text(fieldMaster(variants...))
		case "/ch/my%20video.m3u8", "/ch/%C3%A9.m3u8", "/ch/lo:w.m3u8", "/ch/up.m3u8", "/ch/list":
			return r.text(live.playlist())
		}
		return live.at("/ch/v.m3u8")(r)
	})
	list := f.variants(f.get("/ch/master.m3u8"), "multivariant playlist")
	f.check(len(list) == len(variants), "got %d variants, want %d", len(list), len(variants))
	f.each(len(list), func(i int) {
		f.plays(f.follow(list[i], 6*time.Second), fieldWant{what: list[i], wait: 4 * time.Second, least: 4})
	})
}
