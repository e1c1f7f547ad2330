package program

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"livestream-tui/services/receiver/input"
	"livestream-tui/services/receiver/sample"
)

const ms = time.Millisecond

// epoch is when worlds begin.
const epoch = 1_800_000_000 * time.Second

// formatOf is a format that differs from those of other ids.
func formatOf(id byte, fps float64, audio *sample.AudioFormat) sample.Format {
	return sample.Format{
		Video: &sample.VideoFormat{Codec: sample.H264, SPS: []byte{0x67, id}, PPS: []byte{0x68}, Width: 1280, Height: 720, FPS: fps},
		Audio: audio,
	}
}

func aac(rate int) *sample.AudioFormat {
	return &sample.AudioFormat{Codec: sample.AAC, Config: []byte{0x12, byte(rate >> 8)}, Rate: rate, Channels: 2}
}

// encoder sends samples of one input, as a person's would.
type encoder struct {
	format  sample.Format
	id      byte
	frame   time.Duration
	gop     int  // pictures
	b       bool // two B-frames between P-frames
	ppm     int64
	jitter  time.Duration
	late    time.Duration // how much later sound is sent
	delay   time.Duration // how much later everything arrives
	noSound bool
	random  *rand.Rand

	connected bool
	start     time.Duration // when the connection began
	base      time.Duration // DTS of the first picture
	pictures  int64
	sounds    int64
	busy      time.Duration // nothing arrives before
	stopped   time.Duration // until when it is stopped
	fault     bool
}

// real is how long d of the encoder's clock lasts.
func (e *encoder) real(d time.Duration) time.Duration { return d + d*time.Duration(e.ppm)/1_000_000 }

// connect begins a connection at a time, whose times begin at base.
func (e *encoder) connect(at, base time.Duration) {
	e.connected, e.start, e.base, e.pictures, e.sounds, e.busy, e.stopped = true, at, base, 0, 0, at, 0
}

// next is the next sample and when it arrives.
func (e *encoder) next() (sample.Sample, time.Duration) {
	picture := time.Duration(e.pictures) * e.frame
	sound := picture + 1
	if a := e.format.Audio; a != nil && !e.noSound {
		sound = sample.At(e.sounds*1024, a.Rate)
	}
	if sound+e.late < picture {
		return e.sample(sample.Audio, sound, sound, true), e.start + e.real(sound+e.late)
	}
	n := int64(e.gop)
	j := e.pictures % n
	shown := j
	if e.b && j > 0 {
		shown = []int64{j - 1, j + 2, j - 1}[j%3]
	}
	pts := picture + time.Duration(shown-j)*e.frame
	if e.b {
		pts += e.frame
	}
	return e.sample(sample.Video, picture, pts, j == 0), e.start + e.real(picture)
}

// sent goes on to the sample after next, and returns when this one arrives.
func (e *encoder) sent(s sample.Sample, due time.Duration) (arrival time.Duration) {
	if s.Track == sample.Audio {
		e.sounds++
	} else {
		e.pictures++
	}
	due += e.delay
	if e.jitter > 0 {
		due += time.Duration(e.random.Int64N(int64(e.jitter)))
	}
	e.busy = max(e.busy, due, e.stopped)
	return e.busy
}

func (e *encoder) sample(t sample.Track, dts, pts time.Duration, sync bool) sample.Sample {
	data := make([]byte, 10)
	binary.BigEndian.PutUint64(data, uint64(e.start+e.real(dts)))
	data[8], data[9] = e.id, byte(t)
	return sample.Sample{Track: t, DTS: e.base + dts, PTS: e.base + pts, Sync: sync, Data: data}
}

// world runs a signal with its encoders in virtual time.
type world struct {
	state    *State
	config   Config
	encoders []*encoder
	now      time.Duration
	judge    *judge
	slates   []slateDue
	// slateAfter is how long it takes to make a slate; negative for never.
	slateAfter time.Duration
	pending    []pending
	effects    []Effect // but Emit and Begin
	emitted    []Emit
	keep       bool
}

type slateDue struct {
	at time.Duration
	of sample.Format
}

// pending is a sample on its way from an encoder.
type pending struct {
	sample sample.Sample
	at     time.Duration
	there  bool
}

func newWorld(fail func(format string, args ...any), c Config, encoders ...*encoder) *world {
	w := &world{config: c, encoders: encoders, now: epoch, pending: make([]pending, len(encoders)), slateAfter: 1200 * ms}
	w.state = New(c, epoch)
	w.judge = newJudge(w, fail)
	return w
}

// slateOf is a slate of a format, of 25 pictures a second.
func slateOf(f sample.Format) *sample.Slate {
	v := *f.Video
	v.SPS = append([]byte{0x77}, v.SPS...)
	s := &sample.Slate{Format: sample.Format{Video: &v, Audio: f.Audio}, Length: 2 * time.Second}
	for i := range 50 {
		at := time.Duration(i) * 40 * ms
		s.Video = append(s.Video, sample.Sample{DTS: at, PTS: at, Sync: i == 0, Data: []byte{1}})
	}
	if f.Audio != nil {
		s.Silence = []byte{0}
	}
	return s
}

// step gives an event to the signal.
func (w *world) step(e Event) {
	effects := w.state.Step(e, w.now)
	w.judge.see(effects)
	for _, e := range effects {
		switch e := e.(type) {
		case MakeSlate:
			if w.slateAfter >= 0 {
				w.slates = append(w.slates, slateDue{w.now + w.slateAfter, e.Format})
			}
		case Emit:
			if w.keep {
				w.emitted = append(w.emitted, e)
			}
		default:
			if *show {
				fmt.Printf("%s %T %+v\n", w.now-epoch, e, e)
			}
			if _, begins := e.(Begin); !begins || w.keep {
				w.effects = append(w.effects, e)
			}
		}
	}
}

// connect connects encoder i now.
func (w *world) connect(i int, base time.Duration) {
	e := w.encoders[i]
	e.connect(w.now, base)
	w.pending[i].there = false
	w.step(Connected{i, input.About{}})
	w.step(Format{i, e.format})
	w.judge.healthy[i] = w.now
}

var errReset = errors.New("connection reset")

// kill ends encoder i: with a word, or in silence.
func (w *world) kill(i int, silently bool) {
	w.encoders[i].connected = false
	w.judge.healthy[i] = never
	if !silently {
		w.step(Closed{i, errReset})
	}
}

// stop stops encoder i for a time. What it would have sent comes in a burst.
func (w *world) stop(i int, d time.Duration) {
	e := w.encoders[i]
	e.stopped = w.now + d
	if w.pending[i].there {
		w.pending[i].at = max(w.pending[i].at, e.stopped)
		e.busy = w.pending[i].at
	}
	w.judge.healthy[i] = max(w.judge.healthy[i], e.stopped+500*ms)
}

// tick is how often Tick comes.
const tick = 40 * ms

// run lets time pass.
func (w *world) run(d time.Duration) {
	for end := w.now + d; ; {
		next := (w.now/tick + 1) * tick
		from, slate := none, none
		for i, e := range w.encoders {
			p := &w.pending[i]
			if !e.connected {
				continue
			}
			if !p.there {
				s, due := e.next()
				*p = pending{s, e.sent(s, due), true}
			}
			if p.at <= next {
				next, from = p.at, i
			}
		}
		for i, s := range w.slates {
			if s.at < next {
				next, from, slate = s.at, none, i
			}
		}
		if next > end {
			w.now = end
			return
		}
		w.now = max(w.now, next)
		switch {
		case slate != none:
			of := w.slates[slate].of
			w.slates = append(w.slates[:slate], w.slates[slate+1:]...)
			w.judge.made(of)
			w.step(Made{For: of, Slate: slateOf(of)})
		case from != none:
			w.pending[from].there = false
			w.step(Arrived{from, w.pending[from].sample})
		default:
			w.step(Tick{})
			w.judge.look()
		}
	}
}
