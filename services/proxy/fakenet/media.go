package fakenet

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"time"

	"livestream-tui/services/proxy/object"
)

// PacketLength is the length of an MPEG-TS packet, in bytes.
const PacketLength = 188

// Packets returns count equal MPEG-TS packets that carry nothing but a number.
func Packets(n int64, count int) []byte {
	packet := append([]byte{0x47, 0x40, 0, 0x10}, fmt.Sprintf("segment %d ", n)...)
	packet = append(packet, bytes.Repeat([]byte{byte(n)}, PacketLength-len(packet))...)
	return bytes.Repeat(packet, count)
}

// ServeBytes answers with b, or the range of it that is asked for; tag adds its ETag.
func ServeBytes(w http.ResponseWriter, r *http.Request, b []byte, tag bool) {
	if tag {
		w.Header().Set("ETag", object.ETagOf(b))
	}
	http.ServeContent(w, r, r.URL.Path, time.Time{}, bytes.NewReader(b))
}

// Box returns a box of ISO base media.
func Box(kind string, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	n := 8 + len(body)
	return append(append([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, kind...), body...)
}

// Words returns numbers as 32 bits each.
func Words(list ...uint32) []byte {
	var b []byte
	for _, n := range list {
		b = append(b, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	return b
}

// InitSection returns an fMP4 init section with one video track.
func InitSection() []byte {
	mdia := Box("mdia", Box("mdhd", Words(0, 0, 0, 1000, 0, 0)), Box("hdlr", Words(0, 0), []byte("vide"), Words(0, 0, 0)),
		Box("minf", Box("stbl", Box("stsd", Words(0, 0)))))
	return append(Box("ftyp", []byte("iso6"), Words(0)), Box("moov", Box("trak", Box("tkhd", Words(0, 0, 0, 1)), mdia))...)
}

// Fragment returns the fragment of a number, with size bytes of media.
func Fragment(n uint32, size int) []byte {
	moof := Box("moof", Box("mfhd", Words(0, n)), Box("traf", Box("tfhd", Words(0x8, 1, 500)),
		Box("tfdt", Words(0, n*2000)), Box("trun", Words(0, 4))))
	return append(moof, Box("mdat", bytes.Repeat([]byte{byte(n)}, size))...)
}

// Digest is the Repr-Digest of b.
func Digest(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
}
