package proxy

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"livestream-tui/services/hls/container"
	"livestream-tui/services/proxy/fetch"
	"livestream-tui/services/proxy/stream"
	"livestream-tui/services/proxy/timeline"
	"livestream-tui/services/proxy/uri"
)

// absentTargets is for how many target durations a listed segment is asked for that no
// packager has yet: some list first and write then.
const absentTargets = 2

// holdFor is how long a player's request is held at the most: hls.js gives up on a
// first byte after 10 s.
func holdFor(target time.Duration) time.Duration { return min(3*target, 8*time.Second) }

// fetchListed fetches what a playlist lists, unless it is there or under way.
func (s *Service) fetchListed(p *playlist, e timeline.Entry, r timeline.Resource, target time.Duration) *fetch.Object {
	id := r.ID()
	o, fresh := s.cache.Begin(id, time.Now())
	report := func(outcome stream.Outcome, c timeline.Content) {
		p.f.push(stream.Fetched{At: stream.At(time.Now()), Playlist: p.key, MSN: e.MSN, Resource: r, Outcome: outcome, Content: c})
	}
	if !fresh { // another playlist lists it too, or it is here
		s.start(func() {
			awaitBegin(o, func() { report(stream.Begun, timeline.Content{}) })
			_, _ = o.Await(p.ctx)
			c, _ := o.Now()
			report(outcomeOf(c), contentOf(c, s.keyFor(e), e))
		})
		return o
	}
	want := fetch.Want{Enciphered: e.Enciphered(), Format: p.format(e)}
	duration := e.Segment.Duration
	if r != e.Media {
		want, duration = fetch.Want{Anything: true}, 0
	}
	f := &fetch.Fetch{
		Object: o, Want: want, Duration: duration, Patience: holdFor(target), Absence: absentTargets * target,
		Sources: func() []fetch.Source { return s.sourcesOf(p, e, r) },
		Judge: func(u *fetch.Upstream, f fetch.Finding) {
			p.f.push(stream.Noted{
				At: stream.At(time.Now()), Playlist: p.key, Packager: s.indexOf(u), MSN: e.MSN,
				Finding: stream.Finding{Kind: stream.FindingKind(f.Kind), Cause: f.Cause},
			})
		},
	}
	started := s.start(func() {
		f.Run(p.ctx)
		c, _ := o.Now()
		s.tellOdd(p, e, c)
		report(outcomeOf(c), contentOf(c, s.keyFor(e), e))
		if c.Odd != "" && r == e.Media && isYoung(c.Header) {
			s.start(func() { s.lookAgain(p, e, c, target) })
		}
		if p.ctx.Err() != nil {
			s.cache.Expire(id, time.Now().Add(unlistedKept)) // nobody forgets it else
		}
	})
	if !started {
		o.Fail(fetch.ErrUnavailable)
		return o
	}
	s.start(func() { awaitBegin(o, func() { report(stream.Begun, timeline.Content{}) }) })
	return o
}

// youngFor is how long after its last change a file may still be written to.
const youngFor = 3 * time.Second

// isYoung reports whether an answer is of a file that was being written not long before.
func isYoung(h http.Header) bool {
	changed, err := http.ParseTime(h.Get("Last-Modified"))
	now, wrong := http.ParseTime(h.Get("Date"))
	return err == nil && wrong == nil && now.Sub(changed) < youngFor
}

// lookAgain fetches an odd segment once more, after a while: its packager may have listed
// it before it was whole.
func (s *Service) lookAgain(p *playlist, e timeline.Entry, was fetch.Content, after time.Duration) {
	select {
	case <-time.After(after):
	case <-p.ctx.Done():
		return
	}
	sources := s.sourcesOf(p, e, e.Media)
	if len(sources) == 0 {
		return
	}
	c, _, err := fetch.Prove(p.ctx, sources[0], fetch.Want{Enciphered: e.Enciphered()}, holdFor(p.target()))
	if id := e.Media.ID(); err == nil && len(c.Body) > len(was.Body) && s.index.has(id) {
		s.cache.Drop(id)
		if o, fresh := s.cache.Begin(id, time.Now()); fresh {
			o.Fill(c)
		}
	}
}

// awaitBegin tells once when the first bytes are here, if that is before all are.
func awaitBegin(o *fetch.Object, tell func()) {
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for {
		c, changed := o.Now()
		switch {
		case c.Whole || c.Err != nil:
			return
		case c.Begun:
			tell()
			return
		}
		select {
		case <-changed:
		case <-look.C:
		}
	}
}

func outcomeOf(c fetch.Content) stream.Outcome {
	var redirect *fetch.Redirect
	var status *fetch.StatusError
	switch {
	case c.Whole:
		return stream.Whole
	case errors.As(c.Err, &redirect):
		return stream.Elsewhere
	case errors.Is(c.Err, fetch.ErrNotFound), errors.As(c.Err, &status):
		return stream.Absent
	}
	return stream.Failed
}

// contentOf is what tells one media from another. Where a segment is enciphered as a
// whole, its first timestamp is read with its key, if that is here.
func contentOf(c fetch.Content, key []byte, e timeline.Entry) timeline.Content {
	if redirect := (*fetch.Redirect)(nil); errors.As(c.Err, &redirect) {
		return elsewhere(redirect)
	}
	if !c.Whole && c.ETag == "" {
		return timeline.Content{}
	}
	is := timeline.Content{Digest: c.ETag, Start: c.Start, HasStart: c.HasStart, Format: container.Sniff(c.Body)}
	is.Sealed = len(e.Segment.Keys) > 0
	if e.Enciphered() {
		is.Format, is.HasStart = container.FormatUnknown, false
		if plain := decipher(c.Body, key, e); plain != nil {
			is.Format = container.Sniff(plain)
			is.Start, is.HasStart = container.FirstTimestamp(plain)
		}
	}
	return is
}

// elsewhere is what is known of a segment that is at another host: where.
func elsewhere(r *fetch.Redirect) timeline.Content {
	return timeline.Content{Digest: "at " + uri.Name(r.Location)}
}

// keyFor is an entry's key, nil where it is not here.
func (s *Service) keyFor(e timeline.Entry) []byte {
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

// format is what the playlist's segments have been so far.
func (p *playlist) format(e timeline.Entry) container.Format {
	if e.Enciphered() {
		return container.FormatUnknown
	}
	return container.Format(p.formatSeen.Load())
}

// tellOdd tells once of each playlist what is doubtful in its segments.
func (s *Service) tellOdd(p *playlist, e timeline.Entry, c fetch.Content) {
	if c.Whole && !e.Enciphered() {
		if f := container.Sniff(c.Body); f != container.FormatUnknown {
			p.formatSeen.Store(int32(f))
		}
	}
	if c.Odd != "" && p.told.CompareAndSwap(false, true) {
		s.log.Warn("a segment is odd, and served as all packagers have it", "playlist", p.label, "msn", e.MSN, "reason", c.Odd)
	}
}

// sourcesOf are where a listed resource is to be had, best first, as of now.
func (s *Service) sourcesOf(p *playlist, e timeline.Entry, r timeline.Resource) []fetch.Source {
	from := p.sources.Load().For(e, r)
	list := make([]fetch.Source, 0, len(from))
	for _, f := range from {
		list = append(list, sourceOf(s.packagers[f.Packager], f.Target, r.Range))
	}
	return list
}

func (s *Service) indexOf(u *fetch.Upstream) int {
	for i := range s.packagers {
		if s.packagers[i] == u {
			return i
		}
	}
	return 0
}

// sourcesFor are where what nothing lists is to be had: from the packager first that
// players of the playlist nearest to it are served from.
func (s *Service) sourcesFor(key, target string) []fetch.Source {
	order := s.near(key)
	list := make([]fetch.Source, 0, len(s.packagers))
	for _, i := range order {
		list = append(list, fetch.Source{From: s.packagers[i], Target: target})
	}
	if len(list) == 0 {
		for _, u := range s.packagers {
			list = append(list, fetch.Source{From: u, Target: target})
		}
	}
	return list
}

const (
	// unlistedKept is how long a resource is kept at the most that no playlist lists,
	// unpromisedKept one of which its packager does not say for how long it holds.
	unlistedKept   = 10 * time.Second
	unpromisedKept = time.Second
	// unlistedPatience is how long one is looked for while no packager answers: some make
	// what is asked for, and players wait about so long for a first byte.
	unlistedPatience = 10 * time.Second
)

// keptFor is how long what no playlist lists is kept: as long as its packager says that
// it holds (RFC 9111, 4.2.1), at the most unlistedKept.
func keptFor(h http.Header) time.Duration {
	kept := time.Duration(-1)
	for directive := range strings.SplitSeq(strings.ToLower(h.Get("Cache-Control")), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		switch name {
		case "no-store", "no-cache", "private":
			return 0
		case "immutable":
			kept = max(kept, unlistedKept)
		case "max-age":
			if n, err := strconv.Atoi(value); err == nil {
				kept = max(kept, min(time.Duration(n)*time.Second, unlistedKept))
			}
		}
	}
	if kept < 0 {
		return unpromisedKept
	}
	return kept
}

// fetchUnlisted fetches what no playlist lists: once, whoever asks, and keeps it
// briefly. It ends when nobody waits for it any more.
func (s *Service) fetchUnlisted(key, target string) *fetch.Object {
	o, fresh := s.cache.Begin(key, time.Now())
	if !fresh {
		return o
	}
	f := &fetch.Fetch{
		Object: o, Want: fetch.Want{Anything: true}, Patience: unlistedPatience, Rounds: 1, Lane: fetch.LanePlayers,
		Sources: func() []fetch.Source { return s.sourcesFor(key, target) },
	}
	started := s.start(func() {
		f.Run(s.life)
		c, _ := o.Now()
		s.cache.Expire(key, time.Now().Add(keptFor(c.Header)))
	})
	if !started {
		o.Fail(fetch.ErrUnavailable)
	}
	return o
}
