package program

import (
	"encoding/binary"
	"math"
	"time"

	"livestream-tui/services/receiver/sample"
)

const never = time.Duration(math.MaxInt64)

// judge checks what is emitted.
type judge struct {
	w       *world
	fail    func(format string, args ...any)
	healthy []time.Duration // since when an encoder sends as it should

	source     Source
	format     sample.Format
	began      bool
	wantKey    bool
	dts        time.Duration
	pts        map[int64]bool // in ticks of 90 kHz
	greatest   time.Duration
	sound      time.Duration // where it ends
	heard      bool          // in this generation
	silence    map[*sample.AudioFormat]bool
	offset     [2]time.Duration // DTS less the true time of capture, by track
	known      [2]bool
	left       time.Duration   // when another input was on air, or one was lost
	jumps      []time.Duration // when encoders' times have jumped
	maxGOP     time.Duration
	asleep     time.Duration // the receiver was, until then
	generation int
}

func newJudge(w *world, fail func(string, ...any)) *judge {
	j := &judge{w: w, fail: fail, source: Nothing, pts: map[int64]bool{}, silence: map[*sample.AudioFormat]bool{}}
	for _, e := range w.encoders {
		j.healthy = append(j.healthy, never)
		j.maxGOP = max(j.maxGOP, time.Duration(e.gop)*e.frame)
	}
	return j
}

func (j *judge) made(f sample.Format) { j.silence[f.Audio] = true }

func (j *judge) see(effects []Effect) {
	for _, e := range effects {
		switch e := e.(type) {
		case Begin:
			if j.wantKey {
				j.fail("a generation without a key frame")
			}
			if e.Continues != (j.began && e.Format.Equal(j.format)) {
				j.fail("continues %v, formats equal %v", e.Continues, e.Format.Equal(j.format))
			}
			if !e.Continues {
				j.heard = false
				j.generation++
			}
			j.source, j.format, j.began, j.wantKey = e.Source, e.Format, true, true
			j.known = [2]bool{}
		case Emit:
			if e.Source != j.source {
				j.fail("a sample of source %d among those of %d", e.Source, j.source)
			}
			if !j.began {
				j.fail("a sample before the first generation")
			}
			if e.Sample.Track == sample.Video {
				j.picture(e)
			} else {
				j.hears(e)
			}
		case Lost:
			j.left = j.w.now
		case Switched:
			j.left, j.known = j.w.now, [2]bool{} // its sound may come before its generation
			if e.Gap < 0 || e.Frames < 0 {
				j.fail("a gap of %s, %d frames", e.Gap, e.Frames)
			}
		}
	}
}

func (j *judge) picture(e Emit) {
	m := e.Sample
	if j.wantKey && !m.Sync {
		j.fail("source %d begins without a key frame", e.Source)
	}
	j.wantKey = false
	if m.DTS <= j.dts {
		j.fail("DTS of pictures run back by %s", j.dts-m.DTS)
	}
	if m.PTS < m.DTS {
		j.fail("PTS is %s before DTS", m.DTS-m.PTS)
	}
	tick := sample.Count(m.PTS, 90000)
	if j.pts[tick] {
		j.fail("two pictures at %s", m.PTS)
	}
	j.pts[tick] = true
	j.dts, j.greatest = m.DTS, max(j.greatest, m.PTS)
	if e.Source < 0 {
		return
	}
	enc := j.w.encoders[e.Source]
	if m.Data[8] != j.format.Video.SPS[1] {
		j.fail("a picture of format %d in a generation of %d", m.Data[8], j.format.Video.SPS[1])
	}
	if ahead := m.DTS - j.w.now; ahead > enc.frame+j.w.state.air.shift+ms {
		j.fail("a picture is %s after its arrival, with a shift of %s, DTS %s, captured %s", ahead, j.w.state.air.shift, m.DTS-epoch, time.Duration(binary.BigEndian.Uint64(m.Data))-epoch)
	}
	j.sync(m)
}

func (j *judge) hears(e Emit) {
	m, f := e.Sample, j.format.Audio
	if f == nil {
		j.fail("sound in a generation without")
		return
	}
	long := sample.At(int64(f.Samples(m.Data)), f.Rate)
	if over := j.sound - m.DTS; over > sample.At(slack+1, f.Rate) {
		j.fail("sound overlaps by %s", over)
	}
	if hole := m.DTS - j.sound; j.heard && hole > long+ms && j.silence[f] {
		j.fail("a hole of %s in the sound", hole)
	}
	if ahead := m.DTS - j.w.now; len(m.Data) == 10 && ahead > 2*long+j.w.state.air.shift+40*ms {
		j.fail("sound of source %d is %s after its arrival; shift %s", e.Source, ahead, j.w.state.air.shift)
	}
	j.sound, j.heard = m.DTS+long, true
	if e.Source >= 0 && len(m.Data) == 10 {
		j.sync(m)
	}
}

// sync checks that sound and pictures of an input stay together.
func (j *judge) sync(m sample.Sample) {
	captured := time.Duration(binary.BigEndian.Uint64(m.Data))
	for _, at := range j.jumps {
		if (captured - at).Abs() < time.Second {
			j.known = [2]bool{}
			return // the two tracks do not jump at once
		}
	}
	j.offset[m.Track], j.known[m.Track] = m.DTS-captured, true
	if apart := (j.offset[0] - j.offset[1]).Abs(); j.known[0] && j.known[1] && apart > 120*ms {
		j.fail("sound and pictures are %s apart", apart)
	}
}

// look checks what time alone may break.
func (j *judge) look() {
	if !j.began || j.greatest == 0 || j.w.now < j.asleep {
		return
	}
	loss := j.w.state.config.LossAfter
	if behind := j.w.now - j.greatest; behind > loss+min(j.maxGOP, stretched)+overdue+200*ms {
		j.fail("what is on air is %s behind the time", behind)
	}
	for i, since := range j.healthy {
		e := j.w.encoders[i]
		if e.fault || j.w.state.pinned >= 0 || since == never {
			continue
		}
		well := j.w.now - max(since, j.left)
		if limit := j.w.state.config.ReturnAfter + 2*time.Duration(e.gop)*e.frame + 3*time.Second; well > limit {
			if src := j.w.state.air.source; src < 0 || int(src) > i {
				j.fail("input %d is well for %s, and %d is on air", i, well, src)
			}
			break
		}
	}
}
