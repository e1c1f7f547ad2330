package tracks

import "bytes"

// unitsMost bounds the NAL units of one access unit.
const unitsMost = 4096

var startCode = []byte{0, 0, 1}

// ByteStream returns the NAL units of a byte stream (ISO/IEC 14496-10, annex B). What stands
// before the first start code is left out. The units share the memory of b.
func ByteStream(b []byte) [][]byte {
	var units [][]byte
	at := bytes.Index(b, startCode)
	for at >= 0 && len(units) < unitsMost {
		b = b[at+len(startCode):]
		at = bytes.Index(b, startCode)
		unit := b
		if at >= 0 {
			unit = b[:at]
		}
		// A unit never ends with a zero: those belong to the next start code.
		if unit = bytes.TrimRight(unit, "\x00"); len(unit) > 0 {
			units = append(units, unit)
		}
	}
	return units
}

// Lengths returns the NAL units of b, each preceded by its length in size bytes (ISO/IEC
// 14496-15). It returns false when they do not end where b does. The units share its memory.
func Lengths(b []byte, size int) ([][]byte, bool) {
	var units [][]byte
	if size < 1 || size > 4 {
		return nil, false
	}
	for len(b) > 0 {
		if len(b) < size || len(units) >= unitsMost {
			return units, false
		}
		n := 0
		for _, c := range b[:size] {
			n = n<<8 | int(c)
		}
		if b = b[size:]; n > len(b) {
			return units, false
		}
		if n > 0 {
			units = append(units, b[:n])
		}
		b = b[n:]
	}
	return units, true
}
