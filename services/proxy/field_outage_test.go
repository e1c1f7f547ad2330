package proxy

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Both packagers die and come back after 4 s: a player goes on, with every segment.
func fieldBothDie(f *field) {
	a, b := f.packagers(f.live(fieldLive{}).at("/ch/v.m3u8"))
	for _, o := range []*fieldOrigin{a, b} {
		f.after(5*time.Second, o.kill)
		f.after(9*time.Second, o.start)
	}
	f.plays(f.follow("/ch/v.m3u8", 20*time.Second), fieldWant{wait: 9 * time.Second, least: 15, smooth: true})
}

// The playlist of both is gone, empty, or an error for 3 s, as while a packager is
// started anew; then it goes on where it was.
func fieldPlaylistGone(f *field) {
	live := f.live(fieldLive{})
	kinds := map[string]func(r *fieldRequest) *fieldReply{
		"not there":         func(*fieldRequest) *fieldReply { return nil },
		"without a segment": func(r *fieldRequest) *fieldReply { return r.text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n") },
		"an error":          func(r *fieldRequest) *fieldReply { return r.status(500) },
		"a web page":        func(r *fieldRequest) *fieldReply { return r.text("<html>soon", "Content-Type", "text/html") },
		"an empty answer":   func(r *fieldRequest) *fieldReply { return r.text("") },
	}
	f.packagers(func(r *fieldRequest) *fieldReply {
		for name, kind := range kinds {
			path := "/" + strings.ReplaceAll(name, " ", "-") + "/v.m3u8"
			if r.path == path && f.since() > 5*time.Second && f.since() < 8*time.Second {
				return kind(r)
			}
			if got := live.at(path)(r); got != nil {
				return got
			}
		}
		return nil
	})
	var names []string
	for name := range kinds {
		names = append(names, name)
	}
	f.each(len(names), func(i int) {
		v := f.follow("/"+strings.ReplaceAll(names[i], " ", "-")+"/v.m3u8", 16*time.Second)
		f.plays(v, fieldWant{what: names[i], wait: 7 * time.Second, least: 11, smooth: true})
	})
}

// The first packager lists segments that it does not have, the other has them.
func fieldSegmentsAtOther(f *field) {
	live := f.live(fieldLive{})
	f.packagers(func(r *fieldRequest) *fieldReply {
		if strings.HasSuffix(r.path, ".ts") {
			return nil
		}
		return live.at("/ch/v.m3u8")(r)
	}, live.at("/ch/v.m3u8"))
	f.plays(f.follow("/ch/v.m3u8", 12*time.Second), fieldWant{wait: 6 * time.Second, least: 8})
}

// Playlists take 1.2 s to come, as those of a service far away: players get each
// segment all the same.
func fieldSlowPlaylists(f *field) {
	live := f.live(fieldLive{dur: 2 * time.Second})
	a, _ := f.packagers(func(r *fieldRequest) *fieldReply {
		if strings.HasSuffix(r.path, ".m3u8") {
			time.Sleep(1200 * time.Millisecond)
		}
		return live.at("/ch/v.m3u8")(r)
	})
	f.after(9*time.Second, a.kill)
	f.plays(f.follow("/ch/v.m3u8", 24*time.Second), fieldWant{wait: 9 * time.Second, least: 11, smooth: true})
}

// A multivariant playlist gets another variant while a player plays: players that ask for
// it then get it.
func fieldMasterChanges(f *field) {
	live := f.live(fieldLive{})
	f.packagers(fieldEither(fieldPages(map[string]func() string{"/ch/master.m3u8": func() string {
		if f.since() < 5*time.Second {
			return fieldMaster("v.m3u8")
		}
		return fieldMaster("v.m3u8", "w.m3u8")
	}}), live.at("/ch/v.m3u8"), live.at("/ch/w.m3u8")))
	list := f.variants(f.get("/ch/master.m3u8"), "at first")
	f.check(len(list) == 1, "at first: got %d variants, want 1", len(list))
	f.follow("/ch/v.m3u8", 11*time.Second)
	list = f.variants(f.get("/ch/master.m3u8"), "later")
	if f.check(len(list) == 2, "later: got %d variants, want 2", len(list)) {
		f.plays(f.follow(list[1], 5*time.Second), fieldWant{what: "the new variant", wait: 4 * time.Second, least: 3})
	}
}

// Channels at paths that begin like a service's own routes are the packagers'.
func fieldOwnRoutes(f *field) {
	live := f.live(fieldLive{})
	uris := map[string]string{}
	for _, name := range []string{"events", "metrics", "healthz", "readyz", "signals", "favicon.ico"} {
		uris["/"+name+"/v.m3u8"] = "seg%d.ts"
	}
	f.uris(live, func(r *fieldRequest) *fieldReply {
		for path := range uris {
			if got := live.in(strings.TrimSuffix(path, "v.m3u8"))(r); got != nil {
				return got
			}
		}
		return nil
	}, uris)
}

// A player that accepts gzip gets something that it can read, from packagers that
// compress for clients that accept it.
func fieldAskedGzip(f *field) {
	live := f.live(fieldLive{})
	f.packagers(func(r *fieldRequest) *fieldReply {
		got := live.at("/ch/v.m3u8")(r)
		if got != nil && r.path == "/ch/v.m3u8" && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			got.body = fieldZip(got.body)
			got.header.Set("Content-Encoding", "gzip")
			got.header.Set("Vary", "Accept-Encoding")
		}
		return got
	})
	f.each(2, func(i int) {
		takes := []string{"gzip, deflate, br", "identity"}[i]
		v := f.follow("/ch/v.m3u8", 7*time.Second, fieldPlayer{fieldAsk: fieldAsk{header: http.Header{"Accept-Encoding": {takes}}}})
		f.plays(v, fieldWant{what: takes, wait: 4 * time.Second, least: 5, smooth: true})
		g := f.get("/ch/v.m3u8", fieldAsk{header: http.Header{"Accept-Encoding": {takes}}})
		f.check(i == 0 || g.header.Get("Content-Encoding") == "", "%s: got Content-Encoding %q, want none", takes, g.header.Get("Content-Encoding"))
	})
}

// Packagers that encode on their own have initialization sections of their own under
// one URI: the one that is had with a segment is that of the segment's packager.
func fieldOwnInits(f *field) {
	packager := func(mark string) fieldAnswer {
		own := fieldBox("free", []byte(mark))
		live := f.live(fieldLive{name: "seg%d.m4s", version: 7, head: fieldLine(`#EXT-X-MAP:URI="init.mp4"`),
			body: func(n int) []byte { return append(fieldFragment(n), own...) }})
		return fieldEither(func(r *fieldRequest) *fieldReply {
			if r.path == "/ch/init.mp4" {
				return r.bytes(append(fieldInit(), own...), "Content-Type", "video/mp4")
			}
			return nil
		}, live.at("/ch/v.m3u8"))
	}
	a, _ := f.packagers(packager("one."), packager("two."))
	f.after(6*time.Second, a.kill)
	v := f.follow("/ch/v.m3u8", 12*time.Second)
	f.plays(v, fieldWant{wait: 6 * time.Second, least: 8})
	if v.atEnd == nil {
		return
	}
	last := v.atEnd.segments[len(v.atEnd.segments)-1]
	if !f.check(last.init != nil, "number %d: got no EXT-X-MAP, want one", last.msn) {
		return
	}
	media, section := f.get(last.url), f.get(last.init["url"])
	mark := func(g *fieldGot) string { return string(g.body[max(0, len(g.body)-4):]) }
	f.check(media.status == 200 && section.status == 200 && mark(media) == mark(section), "number %d: got media of packager %q under an initialization section of %q, want one packager's", last.msn, mark(media), mark(section))
}

// Packagers that write files of their own have other ranges for the same segments: a
// range is asked of the packager that gave it.
func fieldOwnRanges(f *field) {
	packager := func(ahead int) fieldAnswer {
		g := &fieldGrowing{live: f.live(fieldLive{version: 4}), init: ".ts"}
		for n := range ahead {
			g.head = append(g.head, fieldSecond(1000+n)...)
		}
		return g.answer("/ch/")
	}
	a, _ := f.packagers(packager(0), packager(3))
	f.after(6*time.Second, a.kill)
	f.after(14*time.Second, a.start)
	v := f.follow("/ch/v.m3u8", 24*time.Second)
	f.plays(v, fieldWant{wait: 6 * time.Second, least: 19})
	f.matched(v, func(msn int) int { return msn })
	for _, p := range v.good {
		f.check(p.second < 1000, "number %d: got bytes in front of the event, want its own: %s", p.msn, fmt.Sprint(p.from))
	}
}
