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
)

// Options are the options of an Audience.
type Options struct {
	Metrics *metrics.Audience
	// Playlist is the key of the media playlist of a signal that is followed, empty when
	// there is none. Events name their signal as content (cid).
	Playlist func(signal string) string
	// Log gets what Run announces. HandedOver ends that: another incarnation announces.
	Log        event.Logger
	HandedOver <-chan struct{}
}

// Audience is all players that report. Safe for concurrent use.
type Audience struct {
	options  Options
	metrics  *metrics.Audience
	sessions sessions

	// The results of reports.
	counted, malformed, nameless, unknown prometheus.Counter

	mu         sync.RWMutex
	renditions map[string]*rendition // by the key of their media playlist; guarded by mu
}

// New returns an Audience without a player; Run forgets those that have left.
func New(o Options) *Audience {
	a := &Audience{options: o, metrics: o.Metrics, renditions: map[string]*rendition{}}
	a.sessions.seed = maphash.MakeSeed()
	result := o.Metrics.Reports.WithLabelValues
	a.counted, a.malformed = result("counted"), result("malformed")
	a.nameless, a.unknown = result("no_session"), result("unknown_stream")
	return a
}

// sweepEvery is how often sessions that are silent are looked for.
const sweepEvery = time.Second

// Run forgets the players that have left, until ctx is cancelled.
func (a *Audience) Run(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	var told announced
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			a.sweep(now)
			a.forget(now)
			if n%announceEvery == 0 {
				told = a.announce(told)
			}
		}
	}
}

// sweep ends the sessions that were not heard for long, and counts the reports of all.
func (a *Audience) sweep(now time.Time) {
	for i := range a.sessions.all {
		a.counted.Add(float64(a.sessions.all[i].sweep(now)))
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
	h := heard.Get().(*hearing)
	defer heard.Put(h)
	h.report = said()
	var err error
	if argument != nil {
		err = parseEscaped(&h.report, argument, &h.plain)
	}
	for _, f := range fields {
		if err == nil && len(f) > 0 {
			err = parse(&h.report, f)
		}
	}
	if err != nil {
		a.malformed.Inc()
		return
	}
	a.take(playlist, &h.report, time.Now())
}

// hearing is the memory for one report.
type hearing struct {
	report Report
	plain  [reportMost]byte // the report without escapes
}

var heard = sync.Pool{New: func() any { return new(hearing) }}

// take takes a report about a media playlist, or about the one that its session plays
// when playlist is empty.
func (a *Audience) take(playlist string, r *Report, now time.Time) {
	if len(r.Session) == 0 {
		a.nameless.Inc()
		return
	}
	s := a.sessions.shardOf(r.Session)
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.list[string(r.Session)]
	if playlist == "" && one == nil {
		playlist = a.options.Playlist(string(r.Content))
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
		return
	case one == nil:
		one = &session{id: string(r.Session), playlist: playlist, of: of, began: now, start: -1, buffer: -1, latency: -1, bitrate: -1, speed: -1}
		if len(s.list) >= sessionsMost/shards {
			s.end(s.oldest)
			a.metrics.Evicted.Inc()
		}
		s.add(one)
		of.join()
		of.metrics.Begun.Inc()
	case of != nil && one.of != of && !r.isAside():
		one.of.left()
		one.of, one.playlist = of, playlist
		of.join()
	}
	one.take(r, now)
	s.counted++
	if s.touch(one); r.isEnd() {
		s.end(one)
	}
}
