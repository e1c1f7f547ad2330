package player

import (
	"context"
	"errors"
	"slices"
	"time"

	"livestream-tui/services/hls/follow"
	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/text"
	"livestream-tui/services/viewer/rules"
)

// followPlaylist loads the playlist again and again, as RFC 8216, 6.3.4 has it: a target
// duration after the last load began, half of one where that brought nothing new.
func (p *Player) followPlaylist(ctx context.Context) error {
	l := loader{p: p, suspect: -1}
	return follow.Run(ctx, l.load)
}

// loader loads the playlist of a player. One goroutine uses it.
type loader struct {
	p       *Player
	failed  int   // loads in a row
	suspect int64 // the newest MSN, when a packager was seen to have a newer one; else -1
}

// load loads the playlist once and returns when to load it again.
func (l *loader) load(ctx context.Context) (next time.Time) {
	p := l.p
	a, err := p.fetch(ctx, order{url: p.o.URL, limit: m3u8.MaxPlaylist, within: playlistTimeout}, p.quiet())
	if ctx.Err() != nil {
		return next
	}
	var list *m3u8.MediaPlaylist
	if err == nil {
		if list, err = m3u8.ParseMediaStrictly(a.body); err != nil {
			p.accuseOf(rules.Growth, "%d bytes that are no whole playlist: %s", len(a.body), err)
		}
	}
	if err != nil {
		p.missed()
		p.gaveUp(l.failed, playlistRetries)
		l.failed++
		return a.At.Add(a.Length).Add(backoff(l.failed - 1))
	}
	l.failed = 0
	p.servedBy(a)
	if p.take(list, a.At) {
		return a.At.Add(rules.Target(list))
	}
	l.suspect = p.judgeStale(ctx, l.suspect)
	return a.At.Add(rules.Target(list) / 2)
}

// servedBy notes which packager a playlist came from.
func (p *Player) servedBy(a answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	name := a.header.Get("X-Packager")
	p.status.Packager = text.Clean(name[:min(len(name), 256)])
	p.status.Loaded = a.At.Add(a.FirstByte)
}

// quiet reports whether a failed load of the playlist does not count: the first has not
// come yet, or the last one has ended.
func (p *Player) quiet() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.o.Patient && p.list == nil || p.over()
}

// gaveUp counts the failure at which hls.js would have given up.
func (p *Player) gaveUp(failed, retries int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if failed == retries && (!p.o.Patient || p.list != nil) && !p.over() {
		p.status.GaveUp++
	}
}

// take makes list, which was requested at asked, the playlist that is played. It reports
// whether it has a new segment.
func (p *Player) take(list *m3u8.MediaPlaylist, asked time.Time) bool {
	p.mu.Lock()
	now := time.Now()
	seen, still, before, listed := p.playlists.Seen(), p.playlists.Still(), p.list, p.asked
	broken := p.playlists.Check(list, asked, now)
	if p.o.MayEnd {
		broken = p.mayEnd(broken, list)
	}
	fresh := seen.MSN != p.playlists.Newest()
	if fresh && before != nil {
		p.growth.add(seen)
		p.status.Standstill = max(p.status.Standstill, still)
	}
	p.list, p.asked = list, asked
	p.finish(now)
	close(p.changed)
	p.changed = make(chan struct{})
	p.mu.Unlock()
	p.accuse(broken...)
	if before != nil {
		p.watchLeaving(before, list, listed)
	}
	return fresh
}

// judgeStale accuses a playlist that does not grow, if some packager had a newer segment
// at two loads in a row, or there are no packagers to ask. It returns the next suspect.
func (p *Player) judgeStale(ctx context.Context, suspect int64) int64 {
	p.mu.Lock()
	stale, newest := p.playlists.Stale() && !p.over(), p.playlists.Newest()
	p.mu.Unlock()
	if !stale {
		return -1
	}
	if p.o.Packagers != nil && suspect != newest {
		if p.o.Packagers.fresher(ctx, p.o.URL, newest) {
			return newest
		}
		return -1
	}
	p.mu.Lock()
	broken := p.playlists.StaleViolation()
	p.mu.Unlock()
	p.accuse(broken...)
	return suspect
}

// watchLeaving has segments audited that have left the playlist: they must be there for
// their duration and that of the longest playlist that listed them (RFC 8216, 6.2.2).
// listed is when they were surely still listed.
func (p *Player) watchLeaving(before, now *m3u8.MediaPlaylist, listed time.Time) {
	gone := now.MediaSequence - before.MediaSequence
	if gone <= 0 || gone > int64(len(before.Segments)) {
		return
	}
	var window time.Duration
	for i := range before.Segments {
		window += before.Segments[i].Duration
	}
	for i := range before.Segments[:gone] {
		s, msn := &before.Segments[i], before.MediaSequence+int64(i)
		if s.Gap || msn%int64(p.o.Every) != 0 {
			continue
		}
		address, err := p.resolve(s.URI)
		if err != nil {
			continue // its download has been accused
		}
		give(p.left, task{due: listed.Add(window + s.Duration - rules.Target(now)), msn: msn, url: address})
	}
}

// resolve makes a playlist's URI a URL.
func (p *Player) resolve(uri string) (string, error) {
	u, err := p.base.Parse(uri)
	if err != nil {
		return "", err
	}
	if u.Scheme != p.base.Scheme || u.Host != p.base.Host {
		return "", errors.New("the URI leads to another host")
	}
	return u.String(), nil
}

// until is Status.Until of a player that plays. Needs mu.
func (p *Player) until(now time.Time) time.Time {
	if p.over() {
		return time.Time{}
	}
	left := p.buffer.Ahead()
	if p.list != nil && p.status.Trouble == "" {
		for i := range p.list.Segments {
			if s := &p.list.Segments[i]; p.list.MediaSequence+int64(i) > p.status.MSN && !s.Gap {
				left += s.Duration
			}
		}
	}
	return now.Add(left)
}

// over reports whether the playlist has ended and may. Needs mu.
func (p *Player) over() bool { return p.o.MayEnd && p.list != nil && p.list.EndList }

// missed notes that the playlist could not be loaded: one that has ended brings nothing
// more.
func (p *Player) missed() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over() {
		p.end(time.Now())
	}
}

// finish ends the buffer once it holds the last segment of an ended playlist. Needs mu.
func (p *Player) finish(now time.Time) {
	if p.over() && p.status.MSN >= p.list.LastMSN() {
		p.end(now)
	}
}

// end makes the buffered media the last. Needs mu.
func (p *Player) end(now time.Time) {
	p.outages.see(&p.buffer, now)
	p.buffer.Finish(now)
	p.outages.see(&p.buffer, now)
}

// mayEnd leaves out the violation of an end, and adds one where the playlist before list
// had ended and list goes on before it was played to its end. Needs mu.
func (p *Player) mayEnd(broken []rules.Violation, list *m3u8.MediaPlaylist) []rules.Violation {
	broken = slices.DeleteFunc(broken, func(v rules.Violation) bool { return v.Rule == rules.End })
	if before := p.list; before != nil && before.EndList && !list.EndList && p.buffer.Ended().IsZero() {
		broken = append(broken, rules.Broken(rules.End, "EXT-X-ENDLIST at msn %d, and the playlist goes on", before.LastMSN()))
	}
	return broken
}
