package codec

import (
	"fmt"
	"strconv"
	"strings"
)

// Picture is what a parameter set says of the pictures.
type Picture struct {
	// Codec is their format, such as "avc1.64001f".
	Codec string
	// Width and Height are in pixels, as they are shown; 0 when they are unknown.
	Width, Height int
	// Rate is pictures a second, 0 when the parameter set does not say.
	Rate float64
}

// AVC is H.264 (RFC 6381, 3.3): entry is the sample entry, such as "avc1", then come
// profile, constraints and level as they stand in avcC and in the parameter set.
func AVC(entry string, profile, constraints, level byte) string {
	return fmt.Sprintf("%s.%02x%02x%02x", entry, profile, constraints, level)
}

// profileSize is the length of the general part of profile_tier_level, in bytes.
const profileSize = 12

// HEVC is H.265 (ISO/IEC 14496-15, annex E): entry is the sample entry, such as "hvc1",
// general the 12 bytes of profile, tier and level as they stand in hvcC and in the
// parameter set. It is empty when general is shorter.
func HEVC(entry string, general []byte) string {
	if len(general) < profileSize {
		return ""
	}
	space := [...]string{"", "A", "B", "C"}[general[0]>>6]
	tier := "L"
	if general[0]&0x20 != 0 {
		tier = "H"
	}
	compatible := uint32(0)
	for i := range 32 { // in reverse
		if general[1+i/8]&(0x80>>(i%8)) != 0 {
			compatible |= 1 << i
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s.%s%d.%X.%s%d", entry, space, general[0]&0x1f, compatible, tier, general[11])
	last := 10
	for last >= 5 && general[last] == 0 {
		last--
	}
	for _, constraint := range general[5 : last+1] {
		fmt.Fprintf(&b, ".%X", constraint)
	}
	return b.String()
}

// MPEG4Audio is an object type of ISO/IEC 14496-3, such as 2 for AAC-LC.
func MPEG4Audio(object int) string { return "mp4a.40." + strconv.Itoa(object) }

// bits reads a parameter set. After a read beyond the end it is short and yields zeros.
type bits struct {
	b     []byte
	at    int // in bits
	short bool
}

func (r *bits) u(n int) uint32 {
	v := uint32(0)
	for range n {
		v <<= 1
		if r.at >= 8*len(r.b) {
			r.short = true
			continue
		}
		v |= uint32(r.b[r.at/8]>>(7-r.at%8)) & 1
		r.at++
	}
	return v
}

func (r *bits) flag() bool { return r.u(1) == 1 }

func (r *bits) skip(n int) {
	if r.at += n; r.at > 8*len(r.b) {
		r.at, r.short = 8*len(r.b), true
	}
}

// ue reads an Exp-Golomb code (H.264, 9.1).
func (r *bits) ue() int {
	zeros := 0
	for !r.short && !r.flag() {
		if zeros++; zeros > 31 {
			r.short = true
		}
	}
	if r.short {
		return 0
	}
	return int(uint64(1)<<zeros - 1 + uint64(r.u(zeros)))
}

func (r *bits) se() int {
	v := r.ue()
	if v%2 == 1 {
		return (v + 1) / 2
	}
	return -v / 2
}

// unescaped is a NAL unit without its emulation prevention bytes (H.264, 7.4.1).
func unescaped(unit []byte) []byte {
	out := make([]byte, 0, len(unit))
	zeros := 0
	for _, c := range unit {
		if zeros >= 2 && c == 3 {
			zeros = 0
			continue
		}
		if zeros++; c != 0 {
			zeros = 0
		}
		out = append(out, c)
	}
	return out
}

// pictureMost bounds a side of a picture, in pixels: more is no picture, but a parameter
// set that was read wrongly.
const pictureMost = 1 << 16

func (p *Picture) size(width, height int) {
	if width > 0 && height > 0 && width < pictureMost && height < pictureMost {
		p.Width, p.Height = width, height
	}
}
