package cmcd

import (
	"context"
	"hash/maphash"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/proxy/metrics"
	"livestream-tui/services/proxy/uri"
)

// Options are the options of an Audience.
type Options struct {
	Metrics *metrics.Audience
	// Playlist is the key of the media playlist of a signal that is followed, empty when
	// there is none. Events name their signal as content (cid).
	Playlist func(signal string) string
	// Permit returns what says why the sender of a request may not report of a signal, or an
	// error when it may report of none. Nil, as well as a nil result, when everybody may.
	Permit func(r *http.Request) (Permit, error)
	// Log gets what Run announces. HandedOver ends that: another incarnation announces.
	Log        event.Logger
	HandedOver <-chan struct{}
}

// Permit is nil for a signal that may be reported of, else an error that says why not.
type Permit func(signal string) error

// Audience is all players that report. Safe for concurrent use.
type Audience struct {
	options  Options
	metrics  *metrics.Audience
	sessions sessions

	// The results of reports.
	counted, malformed, nameless, unknown, barred prometheus.Counter

	mu         sync.RWMutex
	renditions map[string]*rendition // by the key of their media playlist; guarded by mu
}

// New returns an Audience without a player; Run forgets those that have left.
func New(o Options) *Audience {
	a := &Audience{options: o, metrics: o.Metrics, renditions: map[string]*rendition{}}
	a.sessions.seed = maphash.MakeSeed()
	result := o.Metrics.Reports.WithLabelValues
	a.counted, a.malformed = result("counted"), result("malformed")
	a.nameless, a.unknown, a.barred = result("no_session"), result("unknown_stream"), result("no_token")
	return a
}

// sweepTurns is every which turn sessions that are silent are looked for.
const sweepTurns = 2

// Run forgets the players that have left, until ctx is cancelled.
func (a *Audience) Run(ctx context.Context) {
	tick := time.NewTicker(turnEvery)
	defer tick.Stop()
	a.sessions.turn.Add(1)
	defer a.sessions.turn.Store(0) // turns would not end any more
	var told announced
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			a.sessions.turn.Add(1)
			if n%sweepTurns != 0 {
				continue
			}
			a.sweep(now)
			a.forget(now)
			if n/sweepTurns%announceEvery == 1 {
				told = a.announce(told)
			}
		}
	}
}

// sweep ends the sessions that were not heard for long, and counts the reports of all.
func (a *Audience) sweep(now time.Time) {
	for i := range a.sessions.all {
		a.counted.Add(float64(a.sessions.sweep(&a.sessions.all[i], now)))
	}
}

// Fields are the values of the header fields that carry a report; nil when there are none.
func Fields(h http.Header) [][]byte {
	var list [][]byte
	for _, name := range [...]string{"Cmcd-Request", "Cmcd-Object", "Cmcd-Status", "Cmcd-Session"} {
		for _, v := range h[name] {
			list = append(list, []byte(v))
		}
	}
	return list
}

// Hear takes what came with a request that belongs to a media playlist: the value of the
// query argument as it was sent, nil for none, and the values of header fields.
func (a *Audience) Hear(playlist string, argument []byte, fields [][]byte) {
	a.hear(playlist, sent{argument, fields}, false)
}

// HearPlaylist is Hear for a request for the media playlist itself that HearAgain has not
// counted.
func (a *Audience) HearPlaylist(playlist string, argument []byte, fields [][]byte) {
	a.hear(playlist, sent{argument, fields}, true)
}

// hear is Hear, and HearPlaylist when itself is true.
func (a *Audience) hear(playlist string, s sent, itself bool) {
	h := heard.Get().(*hearing)
	defer heard.Put(h)
	h.report = said()
	var err error
	if s.argument != nil {
		err = parseEscaped(&h.report, s.argument, &h.plain)
	}
	for _, f := range s.fields {
		if err == nil && len(f) > 0 {
			err = parse(&h.report, f)
		}
	}
	if err != nil {
		a.malformed.Inc()
		return
	}
	if !itself {
		s = sent{}
	}
	_ = a.take(playlist, &h.report, time.Now(), s, nil) // without a Permit there is no error
}

// hearing is the memory for one report.
type hearing struct {
	report Report
	plain  [reportMost]byte // the report without escapes
}

var heard = sync.Pool{New: func() any { return new(hearing) }}

// take takes a report about a media playlist, or about the one that its session plays
// when playlist is empty. said is the report as it came with a request for the playlist
// itself, zero when it came otherwise. The error is that of permit, and nil without one.
func (a *Audience) take(playlist string, r *Report, now time.Time, said sent, permit Permit) error {
	if len(r.Session) == 0 {
		a.nameless.Inc()
		return nil
	}
	s := a.sessions.shardOf(r.Session)
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.list[string(r.Session)]
	about := playlist
	switch {
	case playlist == "" && one == nil:
		playlist = a.options.Playlist(string(r.Content))
		about = playlist
	case playlist == "":
		about = one.playlist
	}
	if permit != nil && about != "" {
		if err := permit(uri.Signal(about)); err != nil {
			a.barred.Inc()
			return err
		}
	}
	var of *rendition
	switch {
	case one != nil && playlist == one.playlist:
		of = one.of
	case playlist != "":
		of = a.renditionOf(playlist, now)
	}
	switch {
	case one == nil && (of == nil || r.isEnd()):
		a.unknown.Inc()
		return nil
	case one == nil:
		one = &session{id: string(r.Session), playlist: playlist, of: of, began: now, start: -1, buffer: -1, latency: -1, bitrate: -1, speed: -1}
		if len(s.list) >= sessionsMost/shards {
			a.sessions.end(s, s.oldest)
			a.metrics.Evicted.Inc()
		}
		s.add(one)
		of.join()
		of.metrics.Begun.Inc()
	case of != nil && one.of != of && !r.isAside():
		one.of.left()
		a.sessions.forget(one)
		one.of, one.playlist = of, playlist
		of.join()
	}
	state := one.state
	one.take(r, now)
	s.counted.Add(1)
	s.touch(one)
	switch {
	case r.isEnd():
		a.sessions.end(s, one)
	case playlist == one.playlist && (said.argument != nil || said.fields != nil):
		a.sessions.remember(one, said)
	case one.state != state:
		a.sessions.forget(one)
	}
	return nil
}
