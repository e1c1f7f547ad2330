package program

import (
	"time"

	"livestream-tui/services/receiver/clock"
	"livestream-tui/services/receiver/input"
	"livestream-tui/services/receiver/sample"
)

const (
	// steady is for how long pictures must come evenly before an input is good.
	steady = time.Second
	// flowing is for how long they must before it can be on air: a burst has ended.
	flowing = 200 * time.Millisecond
	// How much of an input is kept: at most this long, and this many bytes.
	keepLong = 12 * time.Second
	// keepMore is how much more is kept while another receiver leads: what it has not told yet
	// when it is lost, and the time until that is noticed.
	keepMore  = 8 * time.Second
	keepBytes = 64 << 20
	// An input that stays so late for so long counts as lost; LossAfter is added.
	tooLate   = 500 * time.Millisecond
	lateAfter = 2 * time.Second
)

// feed is what is known of an input.
type feed struct {
	connected bool
	about     input.About
	link      input.Link
	failed    error // why it has no connection
	why       error // why the last one ended
	clock     clock.Clock
	format    sample.Format
	problems  [Silent + 1]bool

	kept  []sample.Sample // from a key frame on, in order of arrival
	bytes int
	long  time.Duration // more than usual of it

	opened    time.Duration
	picture   time.Duration // arrival of the last picture, 0 for none
	sound     time.Duration // and of the last sound
	lateSince time.Duration // 0 while it is not late
	dts       time.Duration // of the last picture
	frame     time.Duration // how long a picture lasts
	key       time.Duration // PTS of the last key frame, 0 for none
	keyAt     time.Duration // its arrival
	gop       time.Duration // between the last two
	skew      time.Duration // by how much later sound arrives than pictures
	meter     meter

	good   bool
	ever   bool          // it was good before
	since  time.Duration // when good has changed
	lost   Cause
	absent bool // Lost was reported, and Back was not
	gone   time.Duration
}

// open begins a connection.
func (f *feed) open(about input.About, now time.Duration) {
	*f = feed{connected: true, about: about, opened: now, problems: f.problems, long: f.long,
		good: f.good, ever: f.ever, since: f.since, lost: f.lost, absent: f.absent, gone: f.gone}
}

// close ends the connection, if there is one.
func (f *feed) close(why error) {
	if !f.connected {
		return
	}
	f.connected, f.why, f.link, f.kept, f.bytes, f.key = false, why, input.Link{}, nil, 0, 0
}

// become changes the format. What is kept has the old one.
func (f *feed) become(format sample.Format) {
	if format.Equal(f.format) {
		return
	}
	f.format, f.kept, f.bytes, f.key, f.gop, f.skew = format, nil, 0, 0, 0, 0
	f.clock.Format(format.Audio)
	if v := format.Video; v != nil && v.FPS > 1 {
		f.frame = time.Duration(float64(time.Second) / v.FPS)
	}
}

// add maps a sample and keeps it.
func (f *feed) add(raw sample.Sample, now time.Duration, onAir bool, lossAfter time.Duration) sample.Sample {
	m, jump := f.clock.Map(raw, now, onAir)
	if jump.Anew && m.Track == sample.Video {
		f.kept, f.bytes, f.key = nil, 0, 0 // what is kept does not lead to what follows
	}
	if jump.By != 0 && !onAir {
		f.shift(jump)
	}
	f.meter.add(m, now)
	if m.Track == sample.Audio {
		f.sound = now
		if late := f.clock.Lag(sample.Audio) - f.clock.Lag(sample.Video); f.picture > 0 {
			f.skew += (late - f.skew) / 16
		}
	} else {
		f.pictured(m, now, lossAfter)
	}
	f.keep(m, now, lossAfter)
	return m
}

// shift moves what is kept along with the mapping.
func (f *feed) shift(jump clock.Jump) {
	for i := range f.kept {
		if jump.Tracks[f.kept[i].Track] {
			f.kept[i] = f.kept[i].Shifted(jump.By)
		}
	}
	if jump.Tracks[sample.Video] {
		f.dts += jump.By
		if f.key != 0 {
			f.key += jump.By
		}
	}
}

// pictured notes what a picture tells.
func (f *feed) pictured(m sample.Sample, now, lossAfter time.Duration) {
	if d := m.DTS - f.dts; d > 5*time.Millisecond && d < 250*time.Millisecond {
		if f.frame == 0 {
			f.frame = d
		}
		f.frame += (d - f.frame) / 8
	}
	f.dts, f.picture = m.DTS, now
	if m.Sync {
		if d := m.PTS - f.key; f.key != 0 && d > 0 {
			f.gop = d
		}
		f.key, f.keyAt = m.PTS, now
	}
	switch late := f.clock.Lag(sample.Video) > lossAfter+tooLate; {
	case !late:
		f.lateSince = 0
	case f.lateSince == 0:
		f.lateSince = now
	}
}

// keep appends a sample, and forgets what no switch will need.
func (f *feed) keep(m sample.Sample, now, lossAfter time.Duration) {
	key := m.Track == sample.Video && m.Sync
	if len(f.kept) == 0 && !key {
		return
	}
	f.kept = append(f.kept, m)
	f.bytes += len(m.Data)
	if key {
		f.forget(f.second(now - lossAfter - time.Second - f.long))
	}
	if m.DTS-f.kept[0].DTS > keepLong+f.long || f.bytes > keepBytes {
		f.forget(f.lastKey())
	}
	if len(f.kept) > 0 && (m.DTS-f.kept[0].DTS > keepLong+f.long || f.bytes > keepBytes) {
		f.forget(len(f.kept))
	}
}

// second is where the kept samples may begin: at the last key frame but one, or at an earlier
// one that a switch may still need. Such a key frame is behind a time.
func (f *feed) second(behind time.Duration) int {
	last, before := 0, 0
	for i, k := range f.kept {
		if k.Track == sample.Video && k.Sync {
			last, before = i, last
			if k.PTS > behind {
				break
			}
		}
	}
	return before
}

// forget drops the first n of the kept samples.
func (f *feed) forget(n int) {
	for _, k := range f.kept[:n] {
		f.bytes -= len(k.Data)
	}
	clear(f.kept[:n])
	f.kept = f.kept[n:]
}

// lastKey is where the last key frame is among the kept samples, of which there is one.
func (f *feed) lastKey() int {
	for i := len(f.kept) - 1; i > 0; i-- {
		if k := f.kept[i]; k.Track == sample.Video && k.Sync {
			return i
		}
	}
	return 0
}

// keyFrom is where the first key frame with a PTS of at least t is, or none.
func (f *feed) keyFrom(t time.Duration) int {
	if f.key < t {
		return none
	}
	for i, k := range f.kept {
		if k.Track == sample.Video && k.Sync && k.PTS >= t {
			return i
		}
	}
	return none
}

// from is where the input goes on after what was on air: where another receiver has left off,
// if that was kept, else at its last key frame.
func (f *feed) from(left departure) int {
	if left.cause.Reason == TakenOver {
		if k := f.keyFrom(left.end); k != none {
			return k
		}
	}
	return f.lastKey()
}

// fault is why the input cannot be on air, Fine if it can.
func (f *feed) fault(now, lossAfter time.Duration) Cause {
	switch {
	case !f.connected:
		return Cause{Reason: Disconnected, Why: f.why}
	case now-max(f.picture, f.opened) > lossAfter || f.picture == 0:
		return Cause{Reason: Mute, For: now - max(f.picture, f.opened)}
	case f.lateSince != 0 && now-f.lateSince > lateAfter:
		return Cause{Reason: Late, For: f.clock.Lag(sample.Video)}
	}
	for _, r := range [...]Reason{Frozen, Black, Silent} {
		if f.problems[r] {
			return Cause{Reason: r}
		}
	}
	return Cause{}
}

// ready reports whether a switch to the input is possible once the right key frame is there.
func (f *feed) ready(now, lossAfter time.Duration) bool {
	return len(f.kept) > 0 && f.clock.Settled(now) && f.clock.Even(now) >= flowing && f.fault(now, lossAfter).Reason == Fine
}
