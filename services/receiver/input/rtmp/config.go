package rtmp

import "livestream-tui/services/receiver/sample"

// parameterSets are the parameter sets in a decoder configuration record, avcC or hvcC
// (ISO/IEC 14496-15), and the size of the lengths of NAL units. false when it is damaged.
func parameterSets(codec sample.Codec, b []byte) (sets [][]byte, length int, ok bool) {
	if codec == sample.HEVC {
		return setsHEVC(b)
	}
	if len(b) < 7 || b[0] != 1 {
		return nil, 0, false
	}
	length = int(b[4]&3) + 1
	sets, rest, ok := unitsOf(b[6:], int(b[5]&0x1f))
	if !ok || len(rest) < 1 {
		return nil, 0, false
	}
	more, _, ok := unitsOf(rest[1:], int(rest[0]))
	return append(sets, more...), length, ok
}

func setsHEVC(b []byte) (sets [][]byte, length int, ok bool) {
	const header = 23
	if len(b) < header {
		return nil, 0, false
	}
	length = int(b[21]&3) + 1
	rest := b[header:]
	for range b[22] {
		if len(rest) < 3 {
			return nil, 0, false
		}
		var units [][]byte
		if units, rest, ok = unitsOf(rest[3:], int(rest[1])<<8|int(rest[2])); !ok {
			return nil, 0, false
		}
		sets = append(sets, units...)
	}
	return sets, length, true
}

// unitsOf are n units, each preceded by its length in two bytes, and what follows them.
func unitsOf(b []byte, n int) (units [][]byte, rest []byte, ok bool) {
	for range n {
		if len(b) < 2 {
			return nil, nil, false
		}
		size := int(b[0])<<8 | int(b[1])
		if b = b[2:]; size > len(b) {
			return nil, nil, false
		}
		units, b = append(units, b[:size]), b[size:]
	}
	return units, b, true
}
