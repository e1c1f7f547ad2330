package player

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/viewer/rules"
)

// takeMap fetches the init section of s when it is not the one in force, and again once
// in a while, as a player that starts now would. It reports whether s has what it needs.
func (d *downloader) takeMap(ctx context.Context, s piece) (bool, error) {
	if s.Map == nil {
		d.section = ""
		d.media.NoInit()
		return true, nil
	}
	address, err := d.p.resolve(s.Map.URI)
	if err != nil {
		d.p.accuseOf(rules.Download, "msn %d, EXT-X-MAP %q: %s", s.msn, s.Map.URI, err)
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
			d.p.accuseOf(rules.Download, "the init section of msn %d is listed, %s is answered with %s", s.msn, address, bad)
		}
		return false, nil
	}
	sum := sha256.Sum256(a.body)
	d.compare(s.msn, address, span, sum)
	if !s.encrypted {
		d.p.accuse(d.media.Init(a.body)...)
	}
	if d.section != "" && sum != d.contents && !s.Discontinuity {
		d.p.accuseOf(rules.Media, "the init section changed at msn %d without a discontinuity", s.msn)
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

// verify checks a body against all that is known; false when no player can show it.
func (d *downloader) verify(s piece, a answer) bool {
	if s.encrypted {
		d.media.Break()
	} else {
		broken, playable := d.media.Segment(s.msn, a.body, s.Duration)
		d.p.accuse(broken...)
		if !playable {
			return false // its bytes are not worth comparing
		}
	}
	sum := sha256.Sum256(a.body)
	same := d.compare(s.msn, s.url, s.ByteRange, sum)
	if a.Waited > max(s.Duration, time.Second) && !d.p.starvedSince(a.At) {
		d.p.accuseOf(rules.Download, "msn %d lasts %s, its bytes were waited for %s", s.msn, s.Duration, a.Waited.Round(time.Millisecond))
	}
	if d.p.o.Packagers != nil && same && s.ByteRange == nil && s.msn%int64(d.p.o.Every) == 0 {
		give(d.p.played, task{due: time.Now(), msn: s.msn, url: s.url, sum: sum, tag: a.header.Get("ETag")})
	}
	return true
}

// compare compares a body with other fetches of its URL and with the reference; false
// when it differs.
func (d *downloader) compare(msn int64, address string, span *m3u8.ByteRange, sum rules.Sum) bool {
	same := true
	if was := d.p.o.Ledger.Enter(keyOf(address, span), sum); was != sum {
		d.p.accuseOf(rules.SameBytes, "msn %d: %s held %.4x before, holds %.4x", msn, address, was, sum)
		same = false
	}
	if d.p.o.Reference == nil || span != nil {
		return same
	}
	if want, known := d.p.o.Reference(address); known && want != sum {
		d.p.accuseOf(rules.SameBytes, "msn %d: %s holds %.4x, it should hold %.4x", msn, address, sum, want)
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
