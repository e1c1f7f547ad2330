package viewer

import (
	"context"
	"errors"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/text"
)

// follow loads the playlist again and again, as RFC 8216, 6.3.4 has it: a target
// duration after the last load began, half of one where that brought nothing new.
func (p *Player) follow(ctx context.Context) error {
	failed := 0
	suspect := int64(-1) // the newest MSN, when a packager was seen to have a newer one
	for {
		a, err := p.fetch(ctx, order{url: p.o.URL, limit: m3u8.MaxPlaylist, within: playlistTimeout}, p.quiet())
		if ctx.Err() != nil {
			return ctx.Err()
		}
		next := a.At.Add(a.Length).Add(backoff(failed))
		var list *m3u8.MediaPlaylist
		if err == nil {
			if list, err = m3u8.ParseMediaStrictly(a.body); err != nil {
				p.accuseOf(RuleGrowth, "%d bytes that are no whole playlist: %s", len(a.body), err)
			}
		}
		if err != nil {
			p.gone()
			p.gaveUp(failed, playlistRetries)
			failed++
		} else {
			failed = 0
			p.servedBy(a)
			fresh := p.take(list, a.At)
			next = a.At.Add(targetOf(list))
			if !fresh {
				next = a.At.Add(targetOf(list) / 2)
				suspect = p.judgeStale(ctx, suspect)
			}
		}
		if err := sleepUntil(ctx, next); err != nil {
			return err
		}
	}
}

// servedBy notes which packager a playlist came from.
func (p *Player) servedBy(a answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	name := a.header.Get("X-Packager")
	p.status.Packager = text.Clean(name[:min(len(name), 256)])
	p.status.Loaded = a.At.Add(a.FirstByte)
}

// quiet reports whether a playlist that cannot be had is nobody's failure: none has
// come yet, or the last one has ended.
func (p *Player) quiet() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.o.Patient && p.list == nil || p.over()
}

// gaveUp counts the failure at which hls.js would have ended.
func (p *Player) gaveUp(failed, retries int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if failed == retries && (!p.o.Patient || p.list != nil) && !p.over() {
		p.status.GaveUp++
	}
}

// take makes list, asked for at asked, the playlist that is played; it reports
// whether it has a new segment.
func (p *Player) take(list *m3u8.MediaPlaylist, asked time.Time) bool {
	p.mu.Lock()
	now := time.Now()
	seen, still, before, listed := p.playlists.newestSeen(), p.playlists.Still(), p.list, p.asked
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

// judgeStale tells of a playlist that stands still, if a packager is known to have
// a newer segment at two looks in a row, or none can be asked.
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
	broken := p.playlists.TellStale()
	p.mu.Unlock()
	p.accuse(broken...)
	return suspect
}

// watchLeaving has it looked at whether segments that have left the playlist can
// still be had: for their duration and that of the longest playlist that listed
// them (RFC 8216, 6.2.2). listed is when they were surely listed last.
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
			continue // its download has told
		}
		give(p.left, task{due: listed.Add(window + s.Duration - targetOf(now)), msn: msn, url: address})
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
