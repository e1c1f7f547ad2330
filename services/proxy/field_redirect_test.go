package proxy

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

// Playlists redirected to a host that is no packager play: the player is sent there, or
// is given what is there. The URI that gave the playlist in the end is the base of its
// segments (RFC 9110, 15.4; RFC 3986, 5.1.3).
func fieldRedirectToAnotherHost(f *field) {
	live := f.live(fieldLive{})
	edge := f.origin("edge", live.at("/edge/7/v.m3u8"))
	f.packagers(func(r *fieldRequest) *fieldReply {
		if r.path == "/ch/v.m3u8" {
			return r.redirect(302, edge.url()+"/edge/7/v.m3u8")
		}
		return nil
	})
	f.plays(f.follow("/ch/v.m3u8", 10*time.Second), fieldWant{wait: 4 * time.Second, least: 7})
}

// A playlist that packagers redirect (302, 307) plays: a player gets the redirect, or
// the playlist with URIs that lead right (RFC 9110, 15.4; RFC 3986, 5.1.3).
func fieldRedirectedPlaylists(f *field) {
	live := f.live(fieldLive{})
	f.packagers(func(r *fieldRequest) *fieldReply {
		switch r.path {
		case "/ch/master.m3u8":
			return r.redirect(302, "/ch/s1/master.m3u8")
		case "/ch/s1/master.m3u8":
			return r.text(fieldMaster("v.m3u8"))
		case "/ch/live.m3u8":
			return r.redirect(307, "s1/v.m3u8")
		}
		return live.at("/ch/s1/v.m3u8")(r)
	})
	f.plays(f.follow("/ch/live.m3u8", 9*time.Second), fieldWant{what: "media playlist redirected with 307", wait: 4 * time.Second, least: 6})
	for _, address := range f.variants(f.get("/ch/master.m3u8"), "multivariant playlist redirected with 302") {
		f.plays(f.follow(address, 6*time.Second), fieldWant{what: "its variant", wait: 4 * time.Second, least: 4})
	}
}

// Segments that packagers redirect (302) reach the player, each once, and the playlist
// goes on: it lists the segment under its first URI (RFC 9110, 15.4.3; RFC 8216, 4.3.2).
func fieldRedirectedSegments(f *field) {
	live := f.live(fieldLive{})
	f.packagers(func(r *fieldRequest) *fieldReply {
		if name, ok := strings.CutPrefix(r.path, "/ch/go/"); ok {
			return r.redirect(302, "/store/"+name)
		}
		if r.path == "/ch/v.m3u8" {
			return r.text(live.playlistOf(func(n int) string { return fmt.Sprintf("go/seg%d.ts", n) }))
		}
		return live.in("/store/")(r)
	})
	f.plays(f.follow("/ch/v.m3u8", 10*time.Second), fieldWant{wait: 4 * time.Second, least: 7})
}

// Every status of a redirect is one, for playlists and for segments, over several steps
// too (RFC 9110, 15.4).
func fieldRedirectStatuses(f *field) {
	live := f.live(fieldLive{})
	statuses := []int{301, 302, 303, 307, 308}
	f.packagers(func(r *fieldRequest) *fieldReply {
		for _, status := range statuses {
			folder := fmt.Sprintf("/r%d/", status)
			if name, ok := strings.CutPrefix(r.path, folder+"step/"); ok {
				return r.redirect(status, fmt.Sprintf("../end%d/%s", status, name))
			}
			if r.path == folder+"v.m3u8" {
				return r.redirect(status, folder+"step/v.m3u8")
			}
			if r.path == fmt.Sprintf("%send%d/v.m3u8", folder, status) {
				return r.text(live.playlistOf(func(n int) string { return fmt.Sprintf("../step/seg%d.ts", n) }))
			}
			if got := live.in(fmt.Sprintf("%send%d/", folder, status))(r); got != nil {
				return got
			}
		}
		return nil
	})
	f.each(len(statuses), func(i int) {
		v := f.follow(fmt.Sprintf("/r%d/v.m3u8", statuses[i]), 8*time.Second)
		f.plays(v, fieldWant{what: fmt.Sprint(statuses[i]), wait: 4 * time.Second, least: 5, smooth: true})
	})
}

// A redirect that leads back to itself is soon an error; everything beside it plays.
func fieldRedirectLoop(f *field) {
	live := f.live(fieldLive{})
	f.packagers(fieldEither(func(r *fieldRequest) *fieldReply {
		switch r.path {
		case "/loop/a.m3u8":
			return r.redirect(302, "/loop/b.m3u8")
		case "/loop/b.m3u8":
			return r.redirect(302, "/loop/a.m3u8")
		case "/loop/seg.ts":
			return r.redirect(301, "/loop/seg.ts")
		case "/loop/nowhere.m3u8":
			return r.status(302)
		}
		return nil
	}, live.at("/ch/v.m3u8")))
	var v *fieldView
	f.together(func() { v = f.follow("/ch/v.m3u8", 8*time.Second) }, func() {
		for _, path := range []string{"/loop/a.m3u8", "/loop/seg.ts", "/loop/nowhere.m3u8"} {
			g := f.get(path)
			f.check(g.status != 200, "%s: got 200, want no answer that looks right", path)
			f.check(g.took < 2*time.Second, "%s: took %s, want an answer soon", path, g.took)
		}
	})
	f.plays(v, fieldWant{wait: 4 * time.Second, least: 5})
}

// A packager that redirects to the other one, by its whole address, plays.
func fieldRedirectBetweenPackagers(f *field) {
	live := f.live(fieldLive{})
	f.packagers(func(r *fieldRequest) *fieldReply {
		if r.path == "/ch/v.m3u8" {
			return r.redirect(302, "http://server2/home/v.m3u8")
		}
		return nil
	}, live.at("/home/v.m3u8"))
	f.plays(f.follow("/ch/v.m3u8", 10*time.Second), fieldWant{wait: 4 * time.Second, least: 7})
}

// Each packager redirects to its own host by its whole address, and one dies.
func fieldRedirectToOwnHostKill(f *field) {
	live := f.live(fieldLive{})
	a, _ := f.packagers(func(r *fieldRequest) *fieldReply {
		if r.path == "/ch/v.m3u8" {
			return r.redirect(302, r.origin.url()+"/ch/s1/v.m3u8")
		}
		return live.at("/ch/s1/v.m3u8")(r)
	})
	f.after(5*time.Second, a.kill)
	f.plays(f.follow("/ch/v.m3u8", 14*time.Second), fieldWant{wait: 6 * time.Second, least: 9})
}

// Segments redirected to a host that is no packager, with a token made for it: the
// player gets them from there, or through us.
func fieldRedirectedSegmentsElsewhere(f *field) {
	live := f.live(fieldLive{})
	store := f.origin("store", func(r *fieldRequest) *fieldReply {
		if !strings.HasPrefix(r.query.Get("sig"), "ok") {
			return r.status(403)
		}
		return live.in("/b/")(r)
	})
	f.packagers(func(r *fieldRequest) *fieldReply {
		if name, ok := strings.CutPrefix(r.path, "/ch/seg"); ok {
			return r.redirect(307, fmt.Sprintf("%s/b/seg%s?sig=ok%x", store.url(), name, rand.Uint32()))
		}
		return live.at("/ch/v.m3u8")(r)
	})
	f.plays(f.follow("/ch/v.m3u8", 10*time.Second), fieldWant{wait: 4 * time.Second, least: 7, smooth: true})
}

// A packager that sends each request for its playlist to a new session plays as one
// stream: the player keeps to no session, or to the first.
func fieldRedirectToSessions(f *field) {
	live := f.live(fieldLive{})
	f.packagers(fieldSessions(live))
	f.plays(f.follow("/ch/v.m3u8", 10*time.Second), fieldWant{wait: 4 * time.Second, least: 7, smooth: true})
}

// fieldSessions redirects to a session of its own making, and knows no other.
func fieldSessions(live *fieldLive) fieldAnswer {
	var mu sync.Mutex
	known := map[string]bool{}
	return func(r *fieldRequest) *fieldReply {
		mu.Lock()
		defer mu.Unlock()
		if r.path == "/ch/v.m3u8" {
			id := fmt.Sprintf("%08x", rand.Uint32())
			known[id] = true
			return r.redirect(302, "/s/"+id+"/v.m3u8")
		}
		rest, ok := strings.CutPrefix(r.path, "/s/")
		id, _, _ := strings.Cut(rest, "/")
		if !ok || !known[id] {
			return nil
		}
		return live.at("/s/" + id + "/v.m3u8")(r)
	}
}

// The same when the packager dies: a session at the other is begun.
func fieldRedirectToSessionsKill(f *field) {
	live := f.live(fieldLive{})
	a, _ := f.packagers(fieldSessions(live), fieldSessions(live))
	f.after(5*time.Second, a.kill)
	f.plays(f.follow("/ch/v.m3u8", 15*time.Second), fieldWant{wait: 6 * time.Second, least: 9})
}

// A redirect that carries a query to where it leads keeps it, and the playlist there is
// the one of that query.
func fieldRedirectWithQuery(f *field) {
	live := f.live(fieldLive{})
	f.packagers(func(r *fieldRequest) *fieldReply {
		switch {
		case r.path == "/ch/master.m3u8" && r.query.Get("user") != "":
			return r.redirect(303, "/auth/master.m3u8?token=for-"+r.query.Get("user"))
		case !strings.HasPrefix(r.query.Get("token"), "for-"):
			return r.status(403)
		case r.path == "/auth/master.m3u8":
			return r.text(fieldMaster("v.m3u8?token=" + r.query.Get("token")))
		case r.path == "/auth/v.m3u8":
			return r.text(live.playlistOf(func(n int) string { return fmt.Sprintf("seg%d.ts?token=%s", n, r.query.Get("token")) }))
		}
		return live.in("/auth/")(r)
	})
	f.each(2, func(i int) {
		user := fmt.Sprintf("user%d", i)
		for _, address := range f.variants(f.get("/ch/master.m3u8?user="+user), user) {
			f.check(strings.HasSuffix(address, "token=for-"+user), "%s: got variant %s, want the own token", user, address)
			f.plays(f.follow(address, 6*time.Second), fieldWant{what: user, wait: 4 * time.Second, least: 4})
		}
	})
}
