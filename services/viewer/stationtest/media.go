package stationtest

import (
	"bytes"
	"encoding/binary"
	"time"
)

// Box is a box of ISO base media.
func Box(kind string, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	b := binary.BigEndian.AppendUint32(nil, uint32(8+len(body)))
	return append(append(b, kind...), body...)
}

// words are big-endian numbers of 32 bits.
func words(list ...uint32) []byte {
	var b []byte
	for _, n := range list {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	return b
}

// timescale is that of the track.
const timescale = 1000

// PacketSize is the length of an MPEG-TS packet.
const PacketSize = 188

// Init is an initialization section with a track of pictures; mark makes it another one.
func Init(mark byte) []byte {
	mdia := Box("mdia",
		Box("mdhd", words(0, 0, 0, timescale, 0, 0)),
		Box("hdlr", words(0, 0), []byte("vide"), words(0, 0, 0)),
		Box("minf", Box("stbl", Box("stsd", words(0, 0)))))
	return append(Box("ftyp", []byte("iso6"), []byte{0, 0, 0, mark}), Box("moov", Box("trak", Box("tkhd", words(0, 0, 0, 1)), mdia))...)
}

// Fragment is a moof and an mdat with samples of equal length from begins on.
func Fragment(n uint32, begins, lasts time.Duration, size int) []byte {
	const samples = 4
	each := uint32(lasts.Milliseconds() / samples)
	moof := Box("moof", Box("mfhd", words(0, n)), Box("traf",
		Box("tfhd", words(0x8, 1, each)),
		Box("tfdt", words(1<<24), binary.BigEndian.AppendUint64(nil, uint64(begins.Milliseconds()))),
		Box("trun", words(0, samples))))
	return append(moof, Box("mdat", bytes.Repeat([]byte{byte(n)}, size))...)
}

// Packet is an MPEG-TS packet that begins a PES packet with that PTS.
func Packet(pid uint16, stream byte, pts int64) []byte {
	b := []byte{0x47, 0x40 | byte(pid>>8), byte(pid), 0x10, 0, 0, 1, stream, 0, 0, 0x80, 0x80, 5,
		byte(pts>>29)&0xe | 0x21, byte(pts >> 22), byte(pts>>14) | 1, byte(pts >> 7), byte(pts<<1) | 1}
	return append(b, bytes.Repeat([]byte{0xff}, PacketSize-len(b))...)
}

// TransportStream is a segment of MPEG-TS with a picture every 100 ms, in decoding order.
func TransportStream(begins, lasts time.Duration) []byte {
	b := Packet(0, 0, 0) // a packet without timestamp
	at := func(d time.Duration) int64 { return (d.Milliseconds()*90 + (1 << 33)) % (1 << 33) }
	const every = 100 * time.Millisecond
	for t := time.Duration(0); t+every < lasts; t += 2 * every {
		b = append(b, Packet(256, 0xe0, at(begins+t+every))...)
		b = append(b, Packet(256, 0xe0, at(begins+t))...)
	}
	return b
}

// Segment is a segment of fMP4 with two fragments.
func Segment(begins, lasts time.Duration, n uint32, size int) []byte {
	return append(Fragment(n, begins, lasts/2, size/2), Fragment(n+1, begins+lasts/2, lasts/2, size/2)...)
}
