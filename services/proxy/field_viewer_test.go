package proxy

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"sync"
	"time"
)

// A status that all packagers agree on is passed on at once, with what goes with it,
// for playlists, segments and anything else.
func fieldStatuses(f *field) {
	statuses := map[int][2]string{401: {"WWW-Authenticate", `Basic realm="tv"`}, 403: {}, 404: {}, 410: {}, 451: {"Link", "<https://law.example>; rel=\"blocked-by\""}, 429: {"Retry-After", "17"}}
	f.packagers(func(r *fieldRequest) *fieldReply {
		for status, header := range statuses {
			if strings.HasPrefix(r.path, fmt.Sprintf("/s%d/", status)) {
				if header[0] == "" {
					return r.status(status)
				}
				return r.status(status, header[0], header[1])
			}
		}
		return nil
	})
	for status, header := range statuses {
		for _, name := range []string{"v.m3u8", "seg1.ts", "key.bin", "v.m3u8?token=x", "other"} {
			path := fmt.Sprintf("/s%d/%s", status, name)
			g := f.get(path)
			f.check(g.status == status, "%s: got %s, want %d, as all packagers say", path, g, status)
			f.check(g.took < time.Second, "%s: took %s, want it at once", path, g.took)
			f.check(header[0] == "" || g.header.Get(header[0]) == header[1], "%s: got %s %q, want %q", path, header[0], g.header.Get(header[0]), header[1])
			cc := g.header.Get("Cache-Control")
			f.check(!strings.Contains(cc, "immutable"), "%s: got Cache-Control %q, want nothing immutable", path, cc)
		}
	}
}

// The second packager refuses everything: the first is enough.
func fieldSecondRefuses(f *field) { f.refuses(1, 403) }

// The first refuses what the other has: a plain proxy passes the refusal on, we do not.
func fieldFirstRefuses(f *field) { f.refuses(0, 403) }

// The first is ill, 500 for everything, the other is well.
func fieldFirstIll(f *field) { f.refuses(0, 500) }

func (f *field) refuses(which, status int) {
	live := f.live(fieldLive{})
	answers := []fieldAnswer{live.at("/ch/v.m3u8"), live.at("/ch/v.m3u8")}
	answers[which] = func(r *fieldRequest) *fieldReply { return r.status(status) }
	f.packagers(answers...)
	f.plays(f.follow("/ch/v.m3u8", 10*time.Second), fieldWant{wait: 4 * time.Second, least: 7, smooth: true})
}

// A name that no packager has is answered with 404 after one round, even if packagers
// take 300 ms to answer: it is not asked for again and again.
func fieldMissing(f *field) {
	live := f.live(fieldLive{})
	a, b := f.packagers(fieldEither(live.at("/ch/v.m3u8"), func(*fieldRequest) *fieldReply {
		time.Sleep(300 * time.Millisecond)
		return nil
	}))
	f.follow("/ch/v.m3u8", time.Second)
	for _, path := range []string{"/ch/gone.ts", "/ch/gone.m3u8", "/gone", "/ch/gone.ts?x=1"} {
		g := f.get(path)
		f.check(g.status == 404, "%s: got %s, want 404", path, g)
		f.check(g.took <= 1500*time.Millisecond, "%s: took %s, want one round", path, g.took)
	}
	time.Sleep(15 * time.Second)
	for _, o := range []*fieldOrigin{a, b} {
		f.check(o.asked("GET /ch/gone.ts?x=1")+o.asked("GET /gone") <= 2, "%s was asked %d times for what is not there, want once each", o.name, o.asked("gone"))
		f.check(o.asked("GET /ch/gone.ts") <= 2, "%s was asked %d times for /ch/gone.ts, want once for each query", o.name, o.asked("GET /ch/gone.ts"))
	}
}

// fieldCookies is a packager that knows viewers by a cookie, which it sets with the
// multivariant playlist, and gives each names of its own.
func fieldCookies(live *fieldLive) fieldAnswer {
	return func(r *fieldRequest) *fieldReply {
		if r.path == "/ch/master.m3u8" {
			id := fmt.Sprintf("%08x", rand.Uint32())
			return r.text(fieldMaster("v.m3u8"), "Set-Cookie", "sid="+id+"; Path=/")
		}
		c, err := r.Cookie("sid")
		if err != nil {
			return r.status(403)
		}
		if r.path == "/ch/v.m3u8" {
			return r.text(live.playlistOf(func(n int) string { return fmt.Sprintf("%s/seg%d.ts", c.Value, n) }))
		}
		return live.in("/ch/" + c.Value + "/")(r) // nothing for another viewer's name
	}
}

// Cookies are private: what was fetched with a cookie is not shared, a Set-Cookie reaches
// only the player that it was made for, and a player without a cookie gets nothing.
func fieldOwnCookies(f *field) {
	live := f.live(fieldLive{})
	f.packagers(fieldCookies(live))
	var mu sync.Mutex
	seen := map[string]bool{}
	f.each(3, func(i int) {
		jar, _ := cookiejar.New(nil) // it has no error
		what := fmt.Sprintf("viewer %d", i)
		g := f.get("/ch/master.m3u8", fieldAsk{jar: jar})
		cookie := g.header.Get("Set-Cookie")
		mu.Lock()
		f.check(cookie != "" && !seen[cookie], "%s: got Set-Cookie %q, want one of its own", what, cookie)
		seen[cookie] = true
		mu.Unlock()
		id, _, _ := strings.Cut(strings.TrimPrefix(cookie, "sid="), ";")
		for _, address := range f.variants(g, what) {
			v := f.follow(address, 8*time.Second, fieldPlayer{fieldAsk: fieldAsk{jar: jar}})
			f.plays(v, fieldWant{what: what, wait: 4 * time.Second, least: 5, smooth: true})
			for _, p := range v.good {
				f.check(strings.HasPrefix(p.uri, id), "%s: got %s, want a name of its own", what, p.uri)
			}
		}
	})
	g := f.get("/ch/v.m3u8")
	f.check(g.status == 403, "without a cookie: got %s, want 403", g)
}

// Authorization is passed on, a refusal too, and what came with it is not shared.
func fieldAuthorization(f *field) {
	live := f.live(fieldLive{})
	users := map[string]string{"Basic YTpi": "one", "Bearer two.two": "two"}
	f.packagers(func(r *fieldRequest) *fieldReply {
		name := users[r.Header.Get("Authorization")]
		if name == "" {
			return r.status(401, "WWW-Authenticate", `Basic realm="tv"`)
		}
		if r.path == "/ch/v.m3u8" {
			return r.text(live.playlistOf(func(n int) string { return fmt.Sprintf("seg%d.ts?for=%s", n, name) }))
		}
		return live.in("/ch/")(r)
	})
	f.each(2, func(i int) {
		header := []string{"Basic YTpi", "Bearer two.two"}[i]
		v := f.follow("/ch/v.m3u8", 8*time.Second, fieldPlayer{fieldAsk: fieldAsk{header: http.Header{"Authorization": {header}}}})
		f.plays(v, fieldWant{what: header, wait: 4 * time.Second, least: 5, smooth: true})
		for _, p := range v.good {
			f.check(strings.HasSuffix(p.uri, "for="+users[header]), "%s: got %s, want what is made for it", header, p.uri)
		}
	})
	for _, path := range []string{"/ch/v.m3u8", fmt.Sprintf("/ch/seg%d.ts?for=one", live.last())} {
		g := f.get(path)
		f.check(g.status == 401 && g.header.Get("WWW-Authenticate") != "", "%s: got %s, %v, want 401 and how to authenticate", path, g, g.header)
		g = f.get(path, fieldAsk{header: http.Header{"Authorization": {"Basic wrong"}}})
		f.check(g.status == 401, "%s with a wrong word: got %s, want 401", path, g)
	}
}

// The same with a kill: the player's own words go to the other packager.
func fieldAuthorizationKill(f *field) {
	live := f.live(fieldLive{})
	a, _ := f.packagers(func(r *fieldRequest) *fieldReply {
		if r.Header.Get("Authorization") != "Bearer me" {
			return r.status(401, "WWW-Authenticate", "Bearer")
		}
		return live.at("/ch/v.m3u8")(r)
	})
	f.after(5*time.Second, a.kill)
	v := f.follow("/ch/v.m3u8", 14*time.Second, fieldPlayer{fieldAsk: fieldAsk{header: http.Header{"Authorization": {"Bearer me"}}}})
	f.plays(v, fieldWant{wait: 6 * time.Second, least: 9})
}

// A player that sends a meaningless cookie plays like all others, and a player without
// one plays at the same time.
func fieldCookieOfNoMeaning(f *field) {
	live := f.live(fieldLive{})
	a, _ := f.packagers(live.at("/ch/v.m3u8"))
	f.after(5*time.Second, a.kill)
	f.each(3, func(i int) {
		var header http.Header
		if i > 0 {
			header = http.Header{"Cookie": {fmt.Sprintf("_ga=%d", i)}}
		}
		v := f.follow("/ch/v.m3u8", 14*time.Second, fieldPlayer{fieldAsk: fieldAsk{header: header}})
		f.plays(v, fieldWant{what: fmt.Sprintf("player %d", i), wait: 6 * time.Second, least: 9, smooth: true})
	})
}

// What a packager says by Set-Cookie with segments, as a CDN does, reaches the player
// that asked and no other.
func fieldSetCookieWithSegments(f *field) {
	live := f.live(fieldLive{})
	var mu sync.Mutex
	made := 0
	f.packagers(func(r *fieldRequest) *fieldReply {
		got := live.at("/ch/v.m3u8")(r)
		if got != nil {
			mu.Lock()
			defer mu.Unlock()
			made++
			got.header.Set("Set-Cookie", fmt.Sprintf("edge=%d; Path=/", made))
		}
		return got
	})
	seen := map[string]bool{}
	f.each(3, func(i int) {
		v := f.follow("/ch/v.m3u8", 7*time.Second)
		f.plays(v, fieldWant{what: fmt.Sprintf("player %d", i), wait: 4 * time.Second, least: 4, smooth: true})
		for _, p := range v.good {
			cookie := p.got.header.Get("Set-Cookie")
			mu.Lock()
			f.check(cookie == "" || !seen[cookie], "got Set-Cookie %q twice, want it for one player", cookie)
			seen[cookie] = true
			mu.Unlock()
		}
	})
}

// fieldWowza is a packager that begins a session with each multivariant playlist, and
// knows no others.
func fieldWowza(live *fieldLive) fieldAnswer {
	var mu sync.Mutex
	sessions := map[string]bool{}
	return func(r *fieldRequest) *fieldReply {
		mu.Lock()
		defer mu.Unlock()
		if r.path == "/live/tv/playlist.m3u8" {
			id := fmt.Sprint(rand.Uint32())
			sessions[id] = true
			return r.text(fieldMaster("chunklist_w" + id + ".m3u8"))
		}
		for id := range sessions {
			if r.path == "/live/tv/chunklist_w"+id+".m3u8" {
				return r.text(live.playlistOf(func(n int) string { return fmt.Sprintf("media_w%s_%d.ts", id, n) }))
			}
			if n, ok := r.number("/live/tv/media_w"+id+"_", ".ts"); ok && n <= live.last() {
				return r.bytes(live.body(n))
			}
		}
		return nil
	}
}

// fieldPathSessions is the same with the session as a folder.
func fieldPathSessions(live *fieldLive) fieldAnswer {
	var mu sync.Mutex
	sessions := map[string]bool{}
	return func(r *fieldRequest) *fieldReply {
		mu.Lock()
		defer mu.Unlock()
		if r.path == "/live/tv/playlist.m3u8" {
			id := fmt.Sprintf("%016x", rand.Uint64())
			sessions[id] = true
			return r.text(fieldMaster("/session/" + id + "/v.m3u8"))
		}
		rest, _ := strings.CutPrefix(r.path, "/session/")
		if id, _, _ := strings.Cut(rest, "/"); sessions[id] {
			return live.at("/session/" + id + "/v.m3u8")(r)
		}
		return nil
	}
}

// Sessions that a packager hands out per viewer, in the name or in the query,
// play: each viewer has its own.
func fieldOwnSessions(f *field) {
	live := f.live(fieldLive{})
	f.packagers(fieldEither(fieldWowza(live), fieldSRS(live)))
	f.each(4, func(i int) {
		from := []string{"/live/tv/playlist.m3u8", "/live/tv.m3u8"}[i%2]
		for _, address := range f.variants(f.get(from), from) {
			f.plays(f.follow(address, 9*time.Second), fieldWant{what: address, wait: 4 * time.Second, least: 6, smooth: true})
		}
	})
}

// Sessions in the path.
func fieldSessionsInPath(f *field) {
	live := f.live(fieldLive{})
	f.packagers(fieldPathSessions(live))
	f.each(2, func(int) {
		for _, address := range f.variants(f.get("/live/tv/playlist.m3u8"), "multivariant playlist") {
			f.plays(f.follow(address, 9*time.Second), fieldWant{what: address, wait: 4 * time.Second, least: 6, smooth: true})
		}
	})
}

// The packager that handed the session out dies, the other knows nothing of it: one is
// begun there, under a discontinuity.
func fieldOwnSessionsKill(f *field)    { f.sessionKill(fieldWowza) }
func fieldSessionsInPathKill(f *field) { f.sessionKill(fieldPathSessions) }

func (f *field) sessionKill(of func(*fieldLive) fieldAnswer) {
	live := f.live(fieldLive{})
	a, _ := f.packagers(of(live), of(live))
	f.after(6*time.Second, a.kill)
	f.each(2, func(int) {
		for _, address := range f.variants(f.get("/live/tv/playlist.m3u8"), "multivariant playlist") {
			f.plays(f.follow(address, 18*time.Second), fieldWant{what: address, wait: 7 * time.Second, least: 11})
		}
	})
	for _, address := range f.variants(f.get("/live/tv/playlist.m3u8"), "multivariant playlist after the kill") {
		f.plays(f.follow(address, 6*time.Second), fieldWant{what: "after the kill", wait: 4 * time.Second, least: 4})
	}
}

// Contexts as SRS has them, at two packagers each of which knows its own alone.
func fieldContextsKill(f *field) {
	live := f.live(fieldLive{})
	strict := func() fieldAnswer {
		var mu sync.Mutex
		known := map[string]bool{}
		plain := fieldSRS(live)
		return func(r *fieldRequest) *fieldReply {
			mu.Lock()
			defer mu.Unlock()
			context := r.query.Get("ctx")
			if context != "" && !known[context] {
				return r.status(404)
			}
			got := plain(r)
			if got != nil && context == "" && got.status == 200 {
				_, id, _ := strings.Cut(strings.TrimSpace(string(got.body)), "ctx=")
				known[id] = true
			}
			return got
		}
	}
	a, _ := f.packagers(strict(), strict())
	f.after(6*time.Second, a.kill)
	for _, address := range f.variants(f.get("/live/tv.m3u8"), "multivariant playlist") {
		f.plays(f.follow(address, 18*time.Second), fieldWant{wait: 7 * time.Second, least: 11})
	}
}

// A session that is no longer played ends: packagers are not asked for it for ever.
func fieldSessionsEnd(f *field) {
	live := f.live(fieldLive{})
	a, b := f.packagers(fieldWowza(live))
	for range 5 {
		for _, address := range f.variants(f.get("/live/tv/playlist.m3u8"), "multivariant playlist") {
			f.follow(address, 3*time.Second)
		}
	}
	time.Sleep(2 * time.Minute)
	before := a.asked("chunklist") + b.asked("chunklist")
	time.Sleep(time.Minute)
	after := a.asked("chunklist") + b.asked("chunklist")
	f.check(after == before, "got %d requests in a minute for sessions that nobody plays, want none", after-before)
}
