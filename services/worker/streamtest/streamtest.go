package streamtest

import (
	"bytes"
	"encoding/binary"

	"livestream-tui/services/hls/media"
)

// Timescale is that of the picture, in units per second.
const Timescale = 90000

// PerSegment is how many fragments a segment has.
const PerSegment = 5

// Box is a box with its contents.
func Box(kind string, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	return append(append(binary.BigEndian.AppendUint32(nil, uint32(8+len(body))), kind...), body...)
}

// Numbers are encoded in 32 bits each.
func Numbers(list ...uint32) []byte {
	var b []byte
	for _, n := range list {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	return b
}

func track(id, scale uint32, handler string) []byte {
	return Box("trak", Box("tkhd", Numbers(0, 0, 0, id)), Box("mdia",
		Box("mdhd", Numbers(0, 0, 0, scale, 0)),
		Box("hdlr", Numbers(0, 0), []byte(handler), Numbers(0, 0, 0)),
		Box("minf", Box("stbl", Box("stsd", Numbers(0, 0))))))
}

// Init is an initialization section with sound as track 1 and a picture of a timescale as
// track 2.
func Init(scale uint32) []byte {
	return append(Box("ftyp", []byte("isom")), Box("moov", track(1, 48000, "soun"), track(2, scale, "vide"))...)
}

// Fragment is a fragment whose picture begins at a time, with a key frame where sync is
// true.
func Fragment(at uint64, duration uint32, sync bool) []byte {
	flags := uint32(0x10000)
	if sync {
		flags = 0
	}
	moof := Box("moof", Box("mfhd", Numbers(0, 77)),
		Box("traf", Box("tfhd", Numbers(0, 1)), Box("tfdt", Numbers(0, 5)), Box("trun", Numbers(0, 0))),
		Box("traf", Box("tfhd", Numbers(0x28, 2, duration/2, flags)),
			Box("tfdt", Numbers(1<<24), binary.BigEndian.AppendUint64(nil, at)), Box("trun", Numbers(0, 2))))
	return append(moof, Box("mdat", []byte("media"))...)
}

// Fragments are n fragments from a time on, PerSegment to a segment of the grid, with a key
// frame where a segment begins.
func Fragments(grid media.Grid, at uint64, n int) []byte {
	units, _ := grid.Units(Timescale)
	length := units / PerSegment
	var b []byte
	for range n {
		b = append(b, Fragment(at, uint32(length), at%units == 0)...)
		at += length
	}
	return b
}

// Stream is an initialization section and n fragments from a time on.
func Stream(grid media.Grid, at uint64, n int) []byte {
	return append(Init(Timescale), Fragments(grid, at, n)...)
}

// Segment is the data of a whole segment.
func Segment(grid media.Grid, msn int64) []byte {
	units, _ := grid.Units(Timescale)
	return Fragments(grid, uint64(msn-grid.Offset)*units, PerSegment)
}
