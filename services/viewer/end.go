package viewer

import (
	"slices"
	"time"

	"livestream-tui/services/hls/m3u8"
)

// over reports whether the playlist has ended, as it may. Needs mu.
func (p *Player) over() bool { return p.o.MayEnd && p.list != nil && p.list.EndList }

// gone takes that a playlist cannot be had: one that has ended brings no more.
func (p *Player) gone() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over() {
		p.end(time.Now())
	}
}

// finish tells the buffer when all that there will be is in it. Needs mu.
func (p *Player) finish(now time.Time) {
	if p.over() && p.status.MSN >= p.list.LastMSN() {
		p.end(now)
	}
}

// end makes what is in the buffer the last of it. Needs mu.
func (p *Player) end(now time.Time) {
	p.outages.see(&p.buffer, now)
	p.buffer.Finish(now)
	p.outages.see(&p.buffer, now)
}

// mayEnd is broken without an end that is one, and with one that was none: the
// playlist goes on before it was played to its end. Needs mu, and the list before.
func (p *Player) mayEnd(broken []Violation, list *m3u8.MediaPlaylist) []Violation {
	f := found(slices.DeleteFunc(broken, func(v Violation) bool { return v.Rule == RuleEnd }))
	if before := p.list; before != nil && before.EndList && !list.EndList && p.buffer.Ended().IsZero() {
		f.add(RuleEnd, "EXT-X-ENDLIST at msn %d, and the playlist goes on", before.LastMSN())
	}
	return f
}
