package proxy

import (
	"context"
	"maps"
	"net/http"
	"sync/atomic"
	"time"

	"livestream-tui/services/kit/fastpath"
	"livestream-tui/services/kit/text"
	"livestream-tui/services/proxy/fetch"
	"livestream-tui/services/proxy/stream"
)

// playlist is one playlist as players see it. Safe for concurrent use.
type playlist struct {
	key   string
	label string // key as logs, events and metrics may show it
	f     *follower
	// ctx ends with it, by cancel.
	ctx    context.Context
	cancel context.CancelFunc
	loads  []chan stream.Load // by packager
	hurry  []chan struct{}    // by packager

	asked   moment       // when a player last asked for it
	asks    atomic.Int64 // how often
	watched moment       // when a player last asked for a segment of it
	shown   atomic.Pointer[snapshot]
	sources atomic.Pointer[stream.Sources]
	waits   waits

	answered   atomic.Bool              // a packager has given it
	restored   atomic.Pointer[restored] // nil once it is ready
	told       atomic.Bool              // of what is doubtful in its segments
	formatSeen atomic.Int32             // a container.Format: what its segments have been so far
}

// snapshot is what players are given, at one moment. Immutable but for replaced.
type snapshot struct {
	stream.Snapshot
	ready    *fastpath.Response // of its body, nil without
	replaced chan struct{}      // closed when the next one is there
}

func newPlaylist(f *follower, key string, now time.Time) *playlist {
	p := &playlist{key: key, label: text.Shown(key), f: f, asked: moment{began: now}, watched: moment{began: now}}
	p.ctx, p.cancel = context.WithCancel(f.ctx)
	for range f.s.packagers {
		p.loads = append(p.loads, make(chan stream.Load, 1))
		p.hurry = append(p.hurry, make(chan struct{}, 1))
	}
	p.ask(now)
	p.shown.Store(&snapshot{Snapshot: stream.Snapshot{Last: -1, Part: -1}, replaced: make(chan struct{})})
	return p
}

// ask notes that a player asks for it.
func (p *playlist) ask(now time.Time) {
	p.asked.set(now)
	p.asks.Add(1)
}

// show publishes a snapshot.
func (p *playlist) show(s stream.Snapshot) {
	next := &snapshot{Snapshot: s, replaced: make(chan struct{})}
	if s.Body != nil {
		next.ready = fastpath.NewResponse(playlistHeader(s), s.Body)
	}
	old := p.shown.Swap(next)
	close(old.replaced)
}

// playlistHeader is the header of a playlist. How long it may be kept is for its
// packager to say where it is served as that one has it.
func playlistHeader(s stream.Snapshot) http.Header {
	cache := ""
	if s.Mode == stream.PassedThrough {
		cache = s.Header.Get("Cache-Control")
	}
	if cache == "" && s.Live {
		cache = "max-age=1"
	}
	h := maps.Clone(openToAll)
	h.Set("Content-Type", "application/vnd.apple.mpegurl")
	if cache != "" {
		h.Set("Cache-Control", cache)
	}
	if s.Mode == stream.PassedThrough {
		copyHeader(h, s.Header, "Last-Modified", "Expires")
	}
	h.Set("X-Packager", s.Packager)
	h.Set("Accept-Ranges", "bytes")
	h.Set("ETag", fetch.ETagOf(s.Body))
	return h
}

// target is the target duration, a guess while it is not known.
func (p *playlist) target() time.Duration {
	if t := p.shown.Load().Target; t > 0 {
		return t
	}
	return targetGuess
}

const targetGuess = 2 * time.Second

// isAbsent reports whether there is no such playlist, as far as is known.
func (p *playlist) isAbsent() bool { return p.shown.Load().Mode == stream.Refused }

// isProven reports whether it was ever there.
func (p *playlist) isProven() bool {
	s := p.shown.Load()
	return s.Body != nil || s.Mode == stream.Forwarded
}

// name is what it is called in events: the signal, or its path where the signal has
// several or there is none.
func (p *playlist) name() string {
	if p.f.signal != "" && p.key == "/"+p.f.signal+"/playlist.m3u8" {
		return p.f.signal
	}
	return p.label
}

// watch notes that a player plays it.
func (p *playlist) watch(now time.Time) {
	p.asked.set(now)
	if before := p.watched.set(now); before.IsZero() || now.Sub(before) >= 5*time.Second {
		p.f.push(stream.Played{At: stream.At(now), Playlist: p.key})
	}
}
