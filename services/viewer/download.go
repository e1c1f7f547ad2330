package viewer

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"livestream-tui/services/hls/m3u8"
)

// piece is a segment to be fetched, with what its playlist says of it.
type piece struct {
	m3u8.Segment
	msn       int64
	url       string
	date      time.Time     // zero when not known
	behind    time.Duration // what is listed after it
	encrypted bool
	err       error // why it has no url
}

// downloader fetches segments one after another. It belongs to one goroutine.
type downloader struct {
	p        *Player
	next     int64 // MSN; -1 before the first
	media    Media
	failed   int    // times in a row, for the segment next
	unshown  int    // times in a row that no player could show it
	size     int64  // of the last segment
	section  string // the init section in force, by URL and range
	contents Sum    // of it
	sections int    // segments since it was looked at
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
		if err := sleepUntil(ctx, time.Now().Add(wait)); err != nil {
			return err
		}
	}
}

// pick returns the next segment, or the channel that is closed when there may be
// one.
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

// standing is for how long the picture has stood still. Needs mu.
func (p *Player) standing() time.Duration {
	s, _ := p.buffer.Stall(time.Now())
	return s.Length
}

// jump goes on at another segment than the next one.
func (d *downloader) jump(msn int64) {
	d.next, d.failed, d.unshown = msn, 0, 0
	d.media.Break()
}

// startOf is the segment to start with: three target durations behind the end, or
// what the server holds back (RFC 8216, 6.3.3).
func startOf(list *m3u8.MediaPlaylist) int64 {
	least := 3 * targetOf(list)
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
	s := piece{Segment: p.list.Segments[i], msn: msn, date: dates(p.list)[i]}
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

// rangeOf is the byte range of a segment with its offset, which may be the end of
// the one before (RFC 8216, 4.3.2.2).
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

// take fetches s and goes on to the next segment, or says how long to wait before
// it is tried again. The error is that ctx was cancelled.
func (d *downloader) take(ctx context.Context, s piece) (time.Duration, error) {
	if s.Discontinuity && d.failed+d.unshown == 0 {
		d.media.Break()
	}
	if s.Gap {
		d.skip(s)
		return 0, nil
	}
	if s.err != nil {
		d.p.accuseOf(RuleDownload, "msn %d, %q: %s", s.msn, s.URI, s.err)
		d.jump(s.msn + 1)
		return 0, nil //nolint:nilerr // the piece is accused and left out; the error returned is ctx's
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
			d.p.accuseOf(RuleDownload, "msn %d is listed, %s is answered with %s", s.msn, s.url, bad)
		}
		return d.retry(), nil
	}
	if !d.verify(s, a) {
		if d.unshown++; d.unshown <= maxUnplayable {
			return backoff(d.unshown - 1), nil
		}
		d.jump(s.msn + 1) // for the picture it is as if it were not there
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

// full is how long to wait until the buffer has room.
func (d *downloader) full() time.Duration {
	d.p.mu.Lock()
	defer d.p.mu.Unlock()
	d.p.buffer.Advance(time.Now())
	return max(0, d.p.buffer.Ahead()-maxBuffer)
}

// rate is how fast to read a segment of that duration and length; zero: as fast as
// it comes.
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

// takeMap fetches the init section of s when it is not the one in force, and again
// once in a while, as a player that starts now would. It reports whether s has what
// it needs.
func (d *downloader) takeMap(ctx context.Context, s piece) (bool, error) {
	if s.Map == nil {
		d.section, d.media.init = "", nil
		return true, nil
	}
	address, err := d.p.resolve(s.Map.URI)
	if err != nil {
		d.p.accuseOf(RuleDownload, "msn %d, EXT-X-MAP %q: %s", s.msn, s.Map.URI, err)
		return true, nil
	}
	span := s.Map.ByteRange
	if span != nil && span.Offset < 0 {
		span = &m3u8.ByteRange{Length: span.Length}
	}
	key := keyOf(address, span)
	d.sections++
	if key == d.section && d.sections < d.p.o.Every {
		return true, nil
	}
	a, err := d.p.fetch(ctx, order{url: address, span: span, limit: maxSegment, within: segmentTimeout}, false)
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if err != nil {
		var bad *refused
		if errors.As(err, &bad) {
			d.p.accuseOf(RuleDownload, "the init section of msn %d is listed, %s is answered with %s", s.msn, address, bad)
		}
		return false, nil
	}
	sum := sha256.Sum256(a.body)
	d.compare(s.msn, address, span, sum)
	if !s.encrypted {
		d.p.accuse(d.media.Init(a.body)...)
	}
	if d.section != "" && sum != d.contents && !s.Discontinuity {
		d.p.accuseOf(RuleMedia, "the init section changed at msn %d without a discontinuity", s.msn)
	}
	d.section, d.contents, d.sections = key, sum, 0
	return true, nil
}

func keyOf(address string, span *m3u8.ByteRange) string {
	if span == nil {
		return address
	}
	return fmt.Sprintf("%s#%d@%d", address, span.Length, span.Offset)
}

// verify holds a body against everything that is known; false when no player could
// show it.
func (d *downloader) verify(s piece, a answer) bool {
	if s.encrypted {
		d.media.Break()
	} else {
		broken, playable := d.media.Segment(s.msn, a.body, s.Duration)
		d.p.accuse(broken...)
		if !playable {
			return false // its bytes are nothing to compare others with
		}
	}
	sum := sha256.Sum256(a.body)
	same := d.compare(s.msn, s.url, s.ByteRange, sum)
	if a.Waited > max(s.Duration, time.Second) && !d.p.starvedSince(a.At) {
		d.p.accuseOf(RuleDownload, "msn %d lasts %s, its bytes were waited for %s", s.msn, s.Duration, round(a.Waited))
	}
	if d.p.o.Packagers != nil && same && s.ByteRange == nil && s.msn%int64(d.p.o.Every) == 0 {
		give(d.p.played, task{due: time.Now(), msn: s.msn, url: s.url, sum: sum, tag: a.header.Get("ETag")})
	}
	return true
}

// compare holds a body against other fetches of its URL and against the reference;
// false when it differs.
func (d *downloader) compare(msn int64, address string, span *m3u8.ByteRange, sum Sum) bool {
	same := true
	if was := d.p.o.Ledger.Enter(keyOf(address, span), sum); was != sum {
		d.p.accuseOf(RuleBytes, "msn %d: %s held %.4x before, holds %.4x", msn, address, was, sum)
		same = false
	}
	if d.p.o.Reference == nil || span != nil {
		return same
	}
	if want, known := d.p.o.Reference(address); known && want != sum {
		d.p.accuseOf(RuleBytes, "msn %d: %s holds %.4x, it should hold %.4x", msn, address, sum, want)
		same = false
	}
	return same
}

// starvedSince reports whether this process did not get to run at some time since.
func (p *Player) starvedSince(since time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	last, ok := p.starvation.last()
	return ok && last.At.Add(last.Length).After(since)
}
