package follow

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"livestream-tui/services/hls/health"
	"livestream-tui/services/kit/fastpath"
	"livestream-tui/services/kit/text"
	"livestream-tui/services/proxy/cors"
	"livestream-tui/services/proxy/object"
	"livestream-tui/services/proxy/sources"
	"livestream-tui/services/proxy/stream"
	"livestream-tui/services/proxy/waits"
)

// Playlist is one playlist as players see it. Safe for concurrent use.
type Playlist struct {
	Key   string
	label string // key without secrets, for logs, events and metrics
	f     *follower
	// ctx ends with the playlist, by cancel.
	ctx    context.Context
	cancel context.CancelFunc
	loads  []chan stream.Load // by packager
	hurry  []chan struct{}    // by packager

	asked   moment       // when a player last asked for it
	asks    atomic.Int64 // how often
	watched moment       // when a player last asked for a segment of it
	shown   atomic.Pointer[Snapshot]
	sources atomic.Pointer[sources.Table]
	waits   waits.Waits // of players

	answered   atomic.Bool              // a packager has given it
	restored   atomic.Pointer[restored] // nil once it is ready
	warned     atomic.Bool              // a warning about odd segments was given
	formatSeen atomic.Int32             // a container.Format, that of its segments so far
}

// Snapshot is what players are given at one moment. Immutable, except that Replaced is
// closed.
type Snapshot struct {
	stream.Snapshot
	Ready    *fastpath.Response // the response with its body, nil without a body
	Replaced chan struct{}      // closed when the next one is shown
}

func newPlaylist(f *follower, key string, now time.Time) *Playlist {
	p := &Playlist{Key: key, label: text.Shown(key), f: f, asked: moment{began: now}, watched: moment{began: now}}
	p.ctx, p.cancel = context.WithCancel(f.ctx)
	for range f.s.packagers {
		p.loads = append(p.loads, make(chan stream.Load, 1))
		p.hurry = append(p.hurry, make(chan struct{}, 1))
	}
	p.ask(now)
	p.shown.Store(&Snapshot{Snapshot: stream.Snapshot{Last: -1, Part: -1}, Replaced: make(chan struct{})})
	return p
}

// ask notes that a player asks for it.
func (p *Playlist) ask(now time.Time) {
	p.asked.set(now)
	p.asks.Add(1)
}

// Touch notes that a player has waited for it until now.
func (p *Playlist) Touch(now time.Time) { p.asked.set(now) }

// Shown is what players are given now.
func (p *Playlist) Shown() *Snapshot { return p.shown.Load() }

// Watched is when a player last asked for a segment of it; zero for never.
func (p *Playlist) Watched() time.Time { return p.watched.get() }

// Verdicts are the last verdicts on the packagers for the playlist.
func (p *Playlist) Verdicts() []health.Verdict { return p.f.seen.load(p.Key) }

// Sizes count the parts of the stream's state, which must not grow with time.
func (p *Playlist) Sizes() []int {
	p.f.step.Lock()
	defer p.f.step.Unlock()
	return p.f.state.Sizes(p.Key)
}

// Wait notes that a player waits from now on; the result ends the wait.
func (p *Playlist) Wait() (end func()) { return p.waits.Begin() }

// show publishes a snapshot.
func (p *Playlist) show(s stream.Snapshot) {
	next := &Snapshot{Snapshot: s, Replaced: make(chan struct{})}
	if s.Body != nil {
		next.Ready = fastpath.NewResponse(playlistHeader(s), s.Body)
	}
	old := p.shown.Swap(next)
	close(old.Replaced)
}

// playlistHeader is the header of a playlist. A playlist that is passed through keeps the
// caching headers of its packager.
func playlistHeader(s stream.Snapshot) http.Header {
	cache := ""
	if s.Mode == stream.PassedThrough {
		cache = s.Header.Get("Cache-Control")
	}
	if cache == "" && s.Live {
		cache = "max-age=1"
	}
	h := cors.Open()
	h.Set("Content-Type", "application/vnd.apple.mpegurl")
	if cache != "" {
		h.Set("Cache-Control", cache)
	}
	if s.Mode == stream.PassedThrough {
		for _, name := range [...]string{"Last-Modified", "Expires"} {
			if v := s.Header.Get(name); v != "" {
				h.Set(name, v)
			}
		}
	}
	h.Set("X-Packager", s.Packager)
	h.Set("Accept-Ranges", "bytes")
	h.Set("ETag", object.ETagOf(s.Body))
	return h
}

// Target is the target duration, DefaultTarget while it is unknown.
func (p *Playlist) Target() time.Duration {
	if t := p.shown.Load().Target; t > 0 {
		return t
	}
	return DefaultTarget
}

// DefaultTarget is the target duration of a playlist while it is unknown.
const DefaultTarget = 2 * time.Second

// isAbsent reports whether no packager has the playlist, as far as is known.
func (p *Playlist) isAbsent() bool { return p.shown.Load().Mode == stream.Refused }

// IsProven reports whether any packager ever had the playlist.
func (p *Playlist) IsProven() bool {
	s := p.shown.Load()
	return s.Body != nil || s.Mode == stream.Forwarded
}

// name is its name in events: the signal, or the path where the signal has several
// playlists or there is no signal.
func (p *Playlist) name() string {
	if p.f.signal != "" && p.Key == "/"+p.f.signal+"/playlist.m3u8" {
		return p.f.signal
	}
	return p.label
}

// watch notes that a player plays it.
func (p *Playlist) watch(now time.Time) {
	p.asked.set(now)
	if before := p.watched.set(now); before.IsZero() || now.Sub(before) >= 5*time.Second {
		p.f.push(stream.Played{At: stream.At(now), Playlist: p.Key})
	}
}
