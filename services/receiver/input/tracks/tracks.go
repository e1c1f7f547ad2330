package tracks

import (
	"time"

	"livestream-tui/services/receiver/sample"
)

// Out takes the samples; an input.Connection is one.
type Out interface {
	Format(f sample.Format)
	Write(s sample.Sample)
}

const (
	// patience is how much media is held back while sound is expected and not there.
	patience = time.Second
	// heldMost and bytesMost bound what is held back.
	heldMost, bytesMost = 1000, 32 << 20
)

// Tracks are the two tracks of one connection. The zero value is not usable: call New. Not
// safe for concurrent use.
type Tracks struct {
	out      Out
	pictures *pictures
	audio    *sample.AudioFormat
	silent   bool // no sound is to be waited for

	told  bool // a format was told: nothing is held any more
	begun bool // the first key frame has come
	held  []sample.Sample
	bytes int
	since time.Duration // when the first picture that is held is decoded
}

// New returns the tracks of a connection that begins.
func New(out Out) *Tracks { return &Tracks{out: out} }

// ExpectSound says whether sound is announced. Where nothing was said, it is: pictures wait
// for it for a second of media. Sound that came before and is announced no longer leaves the
// format.
func (t *Tracks) ExpectSound(expected bool) {
	t.silent = !expected
	if t.silent && t.audio != nil {
		t.audio = nil
		t.retell()
	}
	t.release()
}

// Parameters takes parameter sets that come outside of access units, without start codes or
// lengths. They are those of the pictures that follow.
func (t *Tracks) Parameters(codec sample.Codec, sets [][]byte) {
	if t.of(codec).learn(sets) {
		t.retell()
	}
}

// Picture takes one access unit: its NAL units, without start codes or lengths. It keeps none
// of their bytes. Pictures before the first key frame are dropped.
func (t *Tracks) Picture(codec sample.Codec, units [][]byte, dts, pts time.Duration) {
	p := t.of(codec)
	unit := p.assemble(units)
	if unit.changed {
		t.retell()
	}
	if unit.data == nil || p.format == nil {
		return
	}
	if !t.begun && !unit.sync {
		return
	}
	t.begun = true
	t.take(sample.Sample{Track: sample.Video, DTS: dts, PTS: pts, Sync: unit.sync, Data: unit.data})
}

func (t *Tracks) of(codec sample.Codec) *pictures {
	if t.pictures == nil || t.pictures.codec != codec {
		t.pictures, t.begun = &pictures{codec: codec}, false
	}
	return t.pictures
}

// Lost says that something of the pictures is missing: those that cannot be decoded without
// it, because they lead a key frame, are dropped.
func (t *Tracks) Lost() {
	if t.pictures != nil {
		t.pictures.broken = true
	}
}

// Sound says which format the frames have that follow.
func (t *Tracks) Sound(f sample.AudioFormat) {
	if t.audio.Equal(&f) {
		return
	}
	t.audio, t.silent = &f, false
	t.retell()
}

// Frame takes one frame of AAC, without ADTS header, or one packet of Opus. It keeps none of
// its bytes. Without a format it is dropped.
func (t *Tracks) Frame(data []byte, at time.Duration) {
	if t.audio == nil || len(data) == 0 {
		return
	}
	t.take(sample.Sample{Track: sample.Audio, DTS: at, PTS: at, Sync: true, Data: append([]byte(nil), data...)})
}

// End gives what is still held, where it can be given.
func (t *Tracks) End() {
	t.silent = true
	t.release()
}

func (t *Tracks) take(s sample.Sample) {
	if t.told {
		t.out.Write(s)
		return
	}
	if s.Track == sample.Video && !t.holdsPictures() {
		t.since = s.DTS
	}
	t.held = append(t.held, s)
	t.bytes += len(s.Data)
	t.release()
	for len(t.held) > heldMost || t.bytes > bytesMost { // sound without pictures
		t.bytes -= len(t.held[0].Data)
		t.held = t.held[1:]
	}
}

func (t *Tracks) holdsPictures() bool {
	for _, s := range t.held {
		if s.Track == sample.Video {
			return true
		}
	}
	return false
}

// ready reports whether the format is known: pictures are, and sound is, or does not come.
func (t *Tracks) ready() bool {
	if t.pictures == nil || t.pictures.format == nil {
		return false
	}
	if t.audio != nil || t.silent {
		return true
	}
	if len(t.held) >= heldMost || t.bytes >= bytesMost {
		return t.holdsPictures()
	}
	if len(t.held) == 0 {
		return false
	}
	waited := t.held[len(t.held)-1].DTS - t.since
	return t.holdsPictures() && (waited >= patience || waited <= -patience)
}

// release tells the format and gives what was held, once it is known.
func (t *Tracks) release() {
	if t.told || !t.ready() {
		return
	}
	t.told = true
	t.retell()
	for _, s := range t.held {
		t.out.Write(s)
	}
	t.held = nil
}

// retell tells the format again where one was told.
func (t *Tracks) retell() {
	if !t.told {
		t.release()
		return
	}
	f := sample.Format{Audio: t.audio}
	if t.pictures != nil {
		f.Video = t.pictures.format
	}
	if f.Video != nil {
		t.out.Format(f)
	}
}
