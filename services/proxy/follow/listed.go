package follow

import (
	"net/http"
	"time"

	"livestream-tui/services/hls/container"
	"livestream-tui/services/proxy/fetch"
	"livestream-tui/services/proxy/object"
	"livestream-tui/services/proxy/stream"
	"livestream-tui/services/proxy/timeline"
	"livestream-tui/services/proxy/trouble"
	"livestream-tui/services/proxy/upstream"
	"livestream-tui/services/proxy/verdict"
)

// absentTargets is for how many target durations packagers are asked for a listed segment
// that none of them has yet: some list a segment before they write it.
const absentTargets = 2

// HoldFor is how long a request of a player is held at most: hls.js gives up on a first
// byte after 10 s.
func HoldFor(target time.Duration) time.Duration { return min(3*target, 8*time.Second) }

// FetchListed fetches a resource that a playlist lists, unless it is there or under way.
func (s *Streams) FetchListed(p *Playlist, e timeline.Entry, r timeline.Resource, target time.Duration) *object.Object {
	id := r.ID()
	o, fresh := s.cache.Begin(id, time.Now())
	report := func(outcome stream.Outcome, c timeline.Content) {
		p.f.push(stream.Fetched{At: stream.At(time.Now()), Playlist: p.Key, MSN: e.MSN, Resource: r, Outcome: outcome, Content: c})
	}
	if !fresh { // another playlist lists it too, or it is here already
		s.start(func() {
			awaitBegin(o, func() { report(stream.Begun, timeline.Content{}) })
			_, _ = o.Await(p.ctx)
			c, _ := o.Now()
			report(outcomeOf(c), contentOf(c, s.keyFor(e), e))
		})
		return o
	}
	want := verdict.Want{Enciphered: e.Enciphered(), Format: p.format(e)}
	duration := e.Segment.Duration
	if r != e.Media {
		want, duration = verdict.Want{Anything: true}, 0
	}
	f := &fetch.Fetch{
		Object: o, Want: want, Duration: duration, Patience: HoldFor(target), Absence: absentTargets * target,
		Sources: func() []upstream.Source { return s.sourcesOf(p, e, r) },
		Judge: func(u *upstream.Upstream, f trouble.Finding) {
			if f.Kind == trouble.Saved {
				s.metrics.Saved.WithLabelValues(u.Base()).Inc()
			}
			p.f.push(stream.Noted{
				At: stream.At(time.Now()), Playlist: p.Key, Packager: s.indexOf(u), MSN: e.MSN,
				Finding: f,
			})
		},
	}
	started := s.start(func() {
		f.Run(p.ctx)
		c, _ := o.Now()
		s.warnOdd(p, e, c)
		report(outcomeOf(c), contentOf(c, s.keyFor(e), e))
		if c.Odd != "" && r == e.Media && isYoung(c.Header) {
			s.start(func() { s.lookAgain(p, e, c, target) })
		}
		if p.ctx.Err() != nil {
			s.cache.Expire(id, time.Now().Add(UnlistedKept)) // nothing else drops it any more
		}
	})
	if !started {
		o.Fail(upstream.ErrUnavailable)
		return o
	}
	s.start(func() { awaitBegin(o, func() { report(stream.Begun, timeline.Content{}) }) })
	return o
}

// youngFor is how long after its last change a file may still be growing.
const youngFor = 3 * time.Second

// isYoung reports whether an answer is of a file that was changed shortly before.
func isYoung(h http.Header) bool {
	changed, err := http.ParseTime(h.Get("Last-Modified"))
	now, wrong := http.ParseTime(h.Get("Date"))
	return err == nil && wrong == nil && now.Sub(changed) < youngFor
}

// lookAgain fetches an odd segment once more after a while: its packager may have listed
// it before it was whole.
func (s *Streams) lookAgain(p *Playlist, e timeline.Entry, was object.Content, after time.Duration) {
	select {
	case <-time.After(after):
	case <-p.ctx.Done():
		return
	}
	sources := s.sourcesOf(p, e, e.Media)
	if len(sources) == 0 {
		return
	}
	c, _, err := fetch.Prove(p.ctx, sources[0], verdict.Want{Enciphered: e.Enciphered()}, HoldFor(p.Target()))
	if id := e.Media.ID(); err == nil && len(c.Body) > len(was.Body) && s.Index.Has(id) {
		s.cache.Drop(id)
		if o, fresh := s.cache.Begin(id, time.Now()); fresh {
			o.Fill(c)
		}
	}
}

// awaitBegin calls begun once the first bytes are here, if that is before the object is
// whole.
func awaitBegin(o *object.Object, begun func()) {
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for {
		c, changed := o.Now()
		switch {
		case c.Whole || c.Err != nil:
			return
		case c.Begun:
			begun()
			return
		}
		select {
		case <-changed:
		case <-look.C:
		}
	}
}

// keyFor is the key of an entry, nil when it is not here.
func (s *Streams) keyFor(e timeline.Entry) []byte {
	if len(e.Keys) != 1 || len(e.Segment.Keys) != 1 {
		return nil
	}
	o := s.cache.Get(e.Keys[0].ID())
	if o == nil {
		return nil
	}
	c, _ := o.Now()
	return c.Body
}

// format is the format of the playlist's segments so far.
func (p *Playlist) format(e timeline.Entry) container.Format {
	if e.Enciphered() {
		return container.FormatUnknown
	}
	return container.Format(p.formatSeen.Load())
}

// warnOdd warns once for each playlist that a segment is doubtful.
func (s *Streams) warnOdd(p *Playlist, e timeline.Entry, c object.Content) {
	if c.Whole && !e.Enciphered() {
		if f := container.Sniff(c.Body); f != container.FormatUnknown {
			p.formatSeen.Store(int32(f))
		}
	}
	if c.Odd != "" && p.warned.CompareAndSwap(false, true) {
		s.log.Warn("a segment is odd, and served as all packagers have it", "playlist", p.label, "msn", e.MSN, "reason", c.Odd)
	}
}

// sourcesOf are the sources of a listed resource at the moment, best first.
func (s *Streams) sourcesOf(p *Playlist, e timeline.Entry, r timeline.Resource) []upstream.Source {
	from := p.sources.Load().For(e, r)
	list := make([]upstream.Source, 0, len(from))
	for _, f := range from {
		list = append(list, sourceOf(s.packagers[f.Packager], f.Target, r.Range))
	}
	return list
}

func (s *Streams) indexOf(u *upstream.Upstream) int {
	for i := range s.packagers {
		if s.packagers[i] == u {
			return i
		}
	}
	return 0
}
