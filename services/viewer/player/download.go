package player

import (
	"context"
	"errors"
	"time"

	"livestream-tui/services/hls/follow"
	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/viewer/rules"
)

// piece is a segment to fetch, with what its playlist says of it.
type piece struct {
	m3u8.Segment
	msn       int64
	url       string
	date      time.Time     // zero when unknown
	behind    time.Duration // listed after it
	encrypted bool
	err       error // why url is empty
}

// downloader fetches segments one after another. One goroutine uses it.
type downloader struct {
	p        *Player
	next     int64 // MSN; -1 before the first
	media    rules.MediaCheck
	failed   int       // requests for the segment next, in a row
	unshown  int       // bodies of it that no player can show, in a row
	size     int64     // of the last segment
	section  string    // the init section in force, by URL and range
	contents rules.Sum // of the init section
	sections int       // segments since it was fetched
}

// download fetches segments into the buffer until ctx is cancelled.
func (p *Player) download(ctx context.Context) error {
	d := &downloader{p: p, next: -1}
	for {
		s, changed := d.pick()
		if changed != nil {
			select {
			case <-changed:
				continue
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		wait, err := d.take(ctx, s)
		if err != nil {
			return err
		}
		if err := follow.Until(ctx, time.Now().Add(wait)); err != nil {
			return err
		}
	}
}

// pick returns the next segment, or a channel that is closed when there may be one.
func (d *downloader) pick() (piece, <-chan struct{}) {
	p := d.p
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.list
	if list == nil || len(list.Segments) == 0 {
		return piece{}, p.changed
	}
	if d.next > list.NextMSN() && p.standing() > reloadAfter {
		p.status.Reloaded++
		d.jump(-1)
	}
	if d.next >= 0 && d.next < list.MediaSequence {
		start := startOf(list)
		p.status.Skipped += int(start - d.next)
		p.outages.lose(int(start - d.next))
		d.jump(start)
	}
	if d.next < 0 {
		d.jump(startOf(list))
	}
	if d.next > list.LastMSN() {
		return piece{}, p.changed
	}
	return p.piece(d.next), nil
}

// standing is how long the picture has stood still. Needs mu.
func (p *Player) standing() time.Duration {
	s, _ := p.buffer.Stall(time.Now())
	return s.Length
}

// jump goes on at another segment than the one that follows.
func (d *downloader) jump(msn int64) {
	d.next, d.failed, d.unshown = msn, 0, 0
	d.media.Break()
}

// startOf is the segment to start with: three target durations from the end of the
// playlist (RFC 8216, 6.3.3), or as far as the server holds back (rfc8216bis, 4.4.3.8).
func startOf(list *m3u8.MediaPlaylist) int64 {
	least := 3 * rules.Target(list)
	if c := list.ServerControl; c != nil {
		least = max(least, c.HoldBack)
	}
	var total time.Duration
	i := len(list.Segments)
	for i > 0 && total < least {
		i--
		total += list.Segments[i].Duration
	}
	return list.MediaSequence + int64(i)
}

// piece is the listed segment msn. Needs mu.
func (p *Player) piece(msn int64) piece {
	i := int(msn - p.list.MediaSequence)
	s := piece{Segment: p.list.Segments[i], msn: msn, date: rules.Dates(p.list)[i]}
	s.url, s.err = p.resolve(s.URI)
	for j := range p.list.Segments[:i+1] {
		for _, k := range p.list.Segments[j].Keys {
			s.encrypted = k.Method != "NONE"
		}
	}
	for _, later := range p.list.Segments[i+1:] {
		s.behind += later.Duration
	}
	s.ByteRange = rangeOf(p.list, i)
	return s
}

// rangeOf is the byte range of a segment with its offset, which may be the end of the
// range before (RFC 8216, 4.3.2.2).
func rangeOf(list *m3u8.MediaPlaylist, i int) *m3u8.ByteRange {
	r := list.Segments[i].ByteRange
	if r == nil || r.Offset >= 0 {
		return r
	}
	offset := int64(0)
	for j := i - 1; j >= 0; j-- {
		s := &list.Segments[j]
		if s.ByteRange == nil || s.URI != list.Segments[i].URI {
			break
		}
		offset += s.ByteRange.Length
		if s.ByteRange.Offset >= 0 {
			offset += s.ByteRange.Offset
			break
		}
	}
	return &m3u8.ByteRange{Length: r.Length, Offset: offset}
}

// take fetches s and goes on to the next segment, or returns how long to wait before the
// next try. The error is that of ctx.
func (d *downloader) take(ctx context.Context, s piece) (time.Duration, error) {
	if s.Discontinuity && d.failed+d.unshown == 0 {
		d.media.Break()
	}
	if s.Gap {
		d.skip(s)
		return 0, nil
	}
	if s.err != nil {
		d.p.accuseOf(rules.Download, "msn %d, %q: %s", s.msn, s.URI, s.err)
		d.jump(s.msn + 1)
		return 0, nil //nolint:nilerr // the piece is accused and left out; the returned error is that of ctx
	}
	if ok, err := d.takeMap(ctx, s); !ok || err != nil {
		return d.retry(), err
	}
	a, err := d.p.fetch(ctx, order{
		url: s.url, span: s.ByteRange, limit: maxSegment, within: segmentTimeout,
		rate: func(length int64) float64 { return d.rate(s.Duration, length) },
	}, false)
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	if err != nil {
		var bad *refused
		if errors.As(err, &bad) {
			d.p.accuseOf(rules.Download, "msn %d is listed, %s is answered with %s", s.msn, s.url, bad)
		}
		return d.retry(), nil
	}
	if !d.verify(s, a) {
		if d.unshown++; d.unshown <= maxUnplayable {
			return backoff(d.unshown - 1), nil
		}
		d.jump(s.msn + 1) // the picture goes on as if it were missing
		return 0, nil
	}
	d.append(s, a)
	return d.full(), nil
}

// retry is how long to wait before the next try.
func (d *downloader) retry() time.Duration {
	d.p.gaveUp(d.failed, segmentRetries)
	d.failed++
	return backoff(d.failed - 1)
}

// skip passes over a segment that is declared missing.
func (d *downloader) skip(s piece) {
	d.jump(s.msn + 1)
	p := d.p
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status.Gaps++
	p.outages.lose(1)
	now := time.Now()
	p.outages.see(&p.buffer, now)
	p.buffer.Skip(s.Duration, now)
	p.outages.see(&p.buffer, now)
	p.reach(s)
	p.finish(now)
}

// reach makes s the newest that the buffer holds. Needs mu.
func (p *Player) reach(s piece) {
	p.status.MSN, p.behind, p.edge = s.msn, s.behind, time.Time{}
	if !s.date.IsZero() {
		p.edge = s.date.Add(s.Duration)
	}
}

// append puts s into the buffer.
func (d *downloader) append(s piece, a answer) {
	d.next, d.failed, d.unshown = s.msn+1, 0, 0
	d.size = a.Bytes
	p := d.p
	p.mu.Lock()
	now := time.Now()
	p.outages.see(&p.buffer, now)
	stall, ended := p.buffer.Append(s.Duration, now)
	p.outages.see(&p.buffer, now)
	p.outages.got()
	p.status.Trouble, p.status.Appended = "", now
	p.reach(s)
	if s.Duration > 0 {
		mean := float64(a.Bytes) / s.Duration.Seconds()
		if p.bytesMean > 0 {
			mean = p.bytesMean*0.7 + mean*0.3
		}
		p.bytesMean = mean
	}
	if ended {
		p.stalls.add(stall)
		p.status.StallCount++
		p.status.Stalled += stall.Length
		p.status.LongestStall = max(p.status.LongestStall, stall.Length)
	}
	p.finish(now)
	p.mu.Unlock()
	if ended && p.o.OnStall != nil {
		p.o.OnStall(stall)
	}
}

// full is how long it takes until the buffer has room.
func (d *downloader) full() time.Duration {
	d.p.mu.Lock()
	defer d.p.mu.Unlock()
	d.p.buffer.Advance(time.Now())
	return max(0, d.p.buffer.Ahead()-maxBuffer)
}

// rate is how many bytes a second to read of a segment of that duration and length; zero
// means no limit.
func (d *downloader) rate(duration time.Duration, length int64) float64 {
	o := &d.p.o
	rate := float64(o.BitrateLimit)
	if length < 0 {
		length = d.size
	}
	if o.Pace <= 0 || length <= 0 || duration <= 0 {
		return rate
	}
	d.p.mu.Lock()
	d.p.buffer.Advance(time.Now())
	hungry := d.p.buffer.Ahead() < duration
	d.p.mu.Unlock()
	paced := float64(length) / (o.Pace * duration.Seconds())
	switch {
	case hungry, rate > 0 && rate < paced:
		return rate
	}
	return paced
}
