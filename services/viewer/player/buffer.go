package player

import "time"

// Buffer is a player's playback buffer: what was downloaded and not yet played. It is
// pure: its callers bring the time. The zero value is ready to use.
type Buffer struct {
	// Start is how much must be buffered before playback begins, or goes on after a
	// stall; zero means any segment.
	Start time.Duration

	ahead   time.Duration // downloaded and not yet played at the time at
	at      time.Time     // when ahead was last updated
	playing bool
	begun   time.Time // when it first played; zero before
	stalled time.Time // since when it has stalled; zero while it plays
	// lacking is since when there is no media to show; zero while there is. A declared gap
	// excuses a stall, but shows nothing.
	lacking time.Time
	last    bool      // nothing follows the buffered media
	ended   time.Time // when all was played; zero before
}

// Stall is a time in which the viewer saw a still picture.
type Stall struct {
	At     time.Time
	Length time.Duration
	// Lasts says that it has not ended yet.
	Lasts bool
}

// Append adds a downloaded segment of duration d at time now. It returns the stall that
// this ends, and false when it ends none.
func (b *Buffer) Append(d time.Duration, now time.Time) (Stall, bool) {
	b.Advance(now)
	b.ahead += d
	b.last, b.ended = false, time.Time{}
	if b.playing || b.ahead >= b.Start {
		b.lacking = time.Time{} // it may have been set by a gap that was played
	}
	if b.playing || b.ahead < b.Start {
		return Stall{}, false
	}
	if b.begun.IsZero() {
		b.begun = now
	}
	b.playing = true
	if b.stalled.IsZero() {
		return Stall{}, false
	}
	ended := Stall{At: b.stalled, Length: now.Sub(b.stalled)}
	b.stalled = time.Time{}
	return ended, true
}

// Skip passes over d of media that is declared missing (EXT-X-GAP): a still picture of
// that length is no stall, before the gap was declared or after.
func (b *Buffer) Skip(d time.Duration, now time.Time) {
	b.Advance(now)
	if b.begun.IsZero() {
		return
	}
	if b.playing {
		b.ahead += d
		return
	}
	length := now.Sub(b.stalled)
	if d < length {
		b.stalled = b.stalled.Add(d)
		return
	}
	b.ahead += d - length
	b.playing, b.stalled = true, time.Time{}
}

// Advance plays until now.
func (b *Buffer) Advance(now time.Time) {
	played := now.Sub(b.at)
	if !b.playing {
		b.at = now
		return
	}
	if played < 0 {
		return
	}
	b.at = now
	if played <= b.ahead {
		b.ahead -= played
		return
	}
	out := now.Add(b.ahead - played)
	b.ahead, b.playing = 0, false
	if b.last {
		b.ended = out
		return
	}
	b.stalled = out
	if b.lacking.IsZero() {
		b.lacking = out
	}
}

// Finish says that nothing follows the buffered media, unless something is appended
// after all. Running out is then the end and no stall.
func (b *Buffer) Finish(now time.Time) {
	b.Advance(now)
	b.last = true
	if b.begun.IsZero() || b.playing || !b.ended.IsZero() {
		return
	}
	b.ended, b.stalled, b.lacking = now, time.Time{}, time.Time{}
}

// Lacking is since when there is no media to show at now; false while there is some,
// before the first segment, and after the end.
func (b *Buffer) Lacking(now time.Time) (time.Time, bool) {
	b.Advance(now)
	return b.lacking, !b.lacking.IsZero()
}

// Ended is when all was played; zero before.
func (b *Buffer) Ended() time.Time { return b.ended }

// Ahead is how much was buffered at the last call of another method.
func (b *Buffer) Ahead() time.Duration { return b.ahead }

// Playing reports whether the picture moves.
func (b *Buffer) Playing() bool { return b.playing }

// Begun is when playback first began; zero before.
func (b *Buffer) Begun() time.Time { return b.begun }

// Stall returns the stall that lasts at now, and false without one.
func (b *Buffer) Stall(now time.Time) (Stall, bool) {
	b.Advance(now)
	if b.stalled.IsZero() {
		return Stall{}, false
	}
	return Stall{b.stalled, now.Sub(b.stalled), true}, true
}
