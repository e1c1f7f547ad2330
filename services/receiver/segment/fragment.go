package segment

import (
	"encoding/binary"
)

// unit is a sample with its times in ticks of its track.
type unit struct {
	data     []byte
	dts, pts int64
	duration int64
	sync     bool
}

// Flags of tfhd, trun and of a sample (ISO/IEC 14496-12, 8.8).
const (
	baseIsMoof      = 0x020000
	trunOffset      = 0x1
	trunDuration    = 0x100
	trunSize        = 0x200
	trunFlags       = 0x400
	trunComposition = 0x800
	flagsOfKey      = 0x02000000 // depends on no other sample
	flagsOfOther    = 0x01010000 // depends on others, is no sync sample
)

// fragmentOf writes a moof and its mdat. A track without units is left out.
func fragmentOf(sequence uint32, video, audio []unit) []byte {
	w := writer{b: make([]byte, 0, 256+16*len(video)+8*len(audio)+bytesOf(video)+bytesOf(audio))}
	moof := w.begin("moof")
	mfhd := w.begin("mfhd")
	w.u32(0, sequence)
	w.end(mfhd)
	var offsets [2]int
	if len(video) > 0 {
		offsets[0] = w.track(videoTrack, video, trunOffset|trunDuration|trunSize|trunFlags|trunComposition)
	}
	if len(audio) > 0 {
		offsets[1] = w.track(audioTrack, audio, trunOffset|trunDuration|trunSize)
	}
	w.end(moof)
	mdat := w.begin("mdat")
	for i, units := range [...][]unit{video, audio} {
		if len(units) == 0 {
			continue
		}
		binary.BigEndian.PutUint32(w.b[offsets[i]:], uint32(len(w.b)))
		for _, u := range units {
			w.b = append(w.b, u.data...)
		}
	}
	w.end(mdat)
	return w.b
}

func bytesOf(units []unit) int {
	n := 0
	for _, u := range units {
		n += len(u.data)
	}
	return n
}

// writer appends boxes.
type writer struct{ b []byte }

func (w *writer) u32(values ...uint32) {
	for _, v := range values {
		w.b = binary.BigEndian.AppendUint32(w.b, v)
	}
}

// begin begins a box, and returns where.
func (w *writer) begin(kind string) int {
	at := len(w.b)
	w.u32(0)
	w.b = append(w.b, kind...)
	return at
}

// end writes the size of the box that began there.
func (w *writer) end(at int) { binary.BigEndian.PutUint32(w.b[at:], uint32(len(w.b)-at)) }

// track writes a traf, and returns where its trun's data offset is.
func (w *writer) track(id uint32, units []unit, flags uint32) int {
	traf := w.begin("traf")
	tfhd := w.begin("tfhd")
	w.u32(baseIsMoof, id)
	w.end(tfhd)
	tfdt := w.begin("tfdt")
	w.u32(1 << 24) // version 1: a time of 64 bits
	w.b = binary.BigEndian.AppendUint64(w.b, uint64(units[0].dts))
	w.end(tfdt)
	trun := w.begin("trun")
	w.u32(1<<24|flags, uint32(len(units))) // version 1: signed composition offsets
	offset := len(w.b)
	w.u32(0)
	for _, u := range units {
		w.u32(uint32(u.duration), uint32(len(u.data)))
		if flags&trunFlags != 0 {
			of := uint32(flagsOfOther)
			if u.sync {
				of = flagsOfKey
			}
			w.u32(of, uint32(int32(u.pts-u.dts)))
		}
	}
	w.end(trun)
	w.end(traf)
	return offset
}

// filler is the styp of a segment that a slate has made: its brand slat says so (DASH-IF live
// media ingest protocol, 1.2).
func filler() []byte {
	var w writer
	styp := w.begin("styp")
	w.b = append(w.b, "slat"...)
	w.u32(0)
	w.b = append(w.b, "slatmsdh"...)
	w.end(styp)
	return w.b
}
