package follow

import (
	"context"
	"sync"
	"time"

	"livestream-tui/services/hls/health"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/text"
	"livestream-tui/services/proxy/stream"
	"livestream-tui/services/proxy/uri"
)

// follower follows one stream. Its goroutine takes the stream's events one after the
// other and does what each step asks for.
type follower struct {
	s      *Streams
	key    string // of the playlist that it began with
	signal string
	ctx    context.Context
	cancel context.CancelFunc

	inbox inbox
	step  sync.Mutex   // held during a step, so that Sizes may read the state between two
	state stream.State // changed only by the goroutine; guarded by step
	moves []move
	seen  atomicVerdicts

	// count is how many playlists it has, names the keys that belong to it. Guarded by
	// the mu of Streams. A follower without a playlist ends and takes no other.
	count int
	names []string
}

func newFollower(s *Streams, key string) *follower {
	f := &follower{s: s, key: key, signal: uri.Signal(key), state: stream.New(s.options.Bases)}
	f.state.Policy = s.options.Policy
	f.inbox.wake = make(chan struct{}, 1)
	f.seen.list = map[string][]health.Verdict{}
	f.ctx, f.cancel = context.WithCancel(s.life)
	return f
}

func (f *follower) push(e stream.Event) { f.inbox.push(e) }

// run takes events until the stream has no playlist any more, or ctx ends.
func (f *follower) run() {
	defer f.cancel()
	f.s.start(func() {
		f.s.origins.Follow(f.ctx, f.signal, func(packager string) {
			f.push(stream.Preferred{At: stream.At(time.Now()), Packager: packager})
		})
	})
	for {
		select {
		case <-f.inbox.wake:
		case <-f.ctx.Done():
			return
		}
		for _, e := range f.inbox.take() {
			f.step.Lock()
			var effects []stream.Effect
			f.state, effects = stream.Step(f.state, e)
			f.step.Unlock()
			f.do(effects)
			if _, is := e.(stream.Tick); is {
				f.finishMoves(time.Now())
			}
		}
		if f.hasEnded() {
			return
		}
	}
}

func (f *follower) hasEnded() bool {
	f.s.mu.RLock()
	defer f.s.mu.RUnlock()
	return f.count == 0
}

// do does what a step asks for. It never blocks.
func (f *follower) do(effects []stream.Effect) {
	for _, e := range effects {
		switch e := e.(type) {
		case stream.Load:
			if p := f.playlist(e.Playlist); p != nil {
				p.loads[e.Packager] <- e // one for each answer, so there is room
			}
		case stream.Hurry:
			if p := f.playlist(e.Playlist); p != nil {
				select {
				case p.hurry[e.Packager] <- struct{}{}:
				default: // signalled already
				}
			}
		case stream.Fetch:
			if p := f.playlist(e.Playlist); p != nil {
				f.s.FetchListed(p, e.Entry, e.Resource, e.Target)
			}
		case stream.Prove:
			f.prove(e)
		case stream.Publish:
			f.publish(e)
		case stream.Offer:
			if p := f.playlist(e.Playlist); p != nil {
				p.sources.Store(e.Sources)
			}
		case stream.Index:
			if p := f.playlist(e.Playlist); p != nil {
				for _, id := range f.s.Index.add(p, e.Entry) {
					f.s.cache.Drop(id) // what was there before it was listed may be anything
				}
			}
		case stream.Unindex:
			for _, id := range e.IDs {
				if f.s.Index.remove(f, e.Playlist, id) {
					f.s.cache.Drop(id)
				}
			}
		case stream.Drop:
			f.s.cache.Drop(e.ID)
		case stream.Name:
			f.s.name(f, e.Keys)
		case stream.Keep:
			f.keep(e.Playlist)
		case stream.Switched:
			f.moves = append(f.moves, move{Switched: e})
		case stream.Say:
			f.say(e)
		}
	}
}

// playlist is the follower's playlist of a key; nil when it has gone.
func (f *follower) playlist(key string) *Playlist {
	f.s.mu.RLock()
	defer f.s.mu.RUnlock()
	if p := f.s.playlists[key]; p != nil && p.f == f {
		return p
	}
	return nil
}

func (f *follower) publish(e stream.Publish) {
	p := f.playlist(e.Playlist)
	if p == nil {
		return
	}
	before := p.shown.Load()
	p.show(e.Snapshot)
	now, was := e.Snapshot, isDegraded(before.Snapshot)
	if (now.Mode != before.Mode || now.Why != before.Why) && (now.Mode != stream.Refused || was) {
		f.s.announceMode(p, now, was)
	}
}

func (f *follower) say(e stream.Say) {
	for i, field := range e.Fields {
		if value, is := field.(string); is && i%2 == 1 {
			e.Fields[i] = text.Shown(value)
		}
	}
	switch e.Level {
	case stream.Debug:
		f.s.log.Debug(e.Message, e.Fields...)
	case stream.Info:
		f.s.log.Info(e.Message, e.Fields...)
	default:
		f.s.quiet.Warn(e.Message, e.Fields...)
	}
}

// measure shows the state of a playlist in the metrics.
func (f *follower) measure(p *Playlist) {
	f.s.metrics.Newest.WithLabelValues(p.label).Set(float64(p.shown.Load().Last))
	for _, v := range f.seen.load(p.Key) {
		up := 0.0
		if health.Usable(v.State) {
			up = 1
		}
		f.s.metrics.Up.WithLabelValues(p.label, v.Packager).Set(up)
	}
}

// move is a move to another packager that is not announced with its gap yet.
type move struct {
	stream.Switched
	announced bool // as pending
}

// finishMoves announces the moves to another packager that no player waits for any more.
func (f *follower) finishMoves(now time.Time) {
	open := f.moves[:0:0]
	for _, m := range f.moves {
		p := f.playlist(m.Playlist)
		if p == nil {
			continue
		}
		gap, waiting := p.waits.Gap(m.Fault, m.At, now)
		failover := event.Failover{
			Signal: p.name(), From: m.Move.From, To: m.Move.To, Cause: text.Shown(m.Move.Cause),
			MSNBefore: m.Before, MSNAfter: p.shown.Load().Last, GapMS: -1, Saved: m.Saved,
		}
		if waiting > 0 && now.Sub(m.At) < switchMost {
			if failover.Pending = true; !m.announced {
				m.announced = true
				f.s.announcePending(failover)
			}
			open = append(open, m)
			continue
		}
		if gap >= 0 {
			failover.GapMS = float64(gap.Microseconds()) / 1000
		}
		f.s.announceFailover(failover)
	}
	f.moves = open
	for key := range f.seen.keys() {
		f.seen.store(key, f.state.PlaylistVerdicts(key))
	}
}

// switchMost is how long the announcement of a move waits for players that still wait.
const switchMost = 10 * time.Second
