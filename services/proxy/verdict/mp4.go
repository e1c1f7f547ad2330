package verdict

import (
	"encoding/binary"
	"fmt"
)

// oddBoxes says how b is not made of whole boxes (ISO/IEC 14496-12, 4.2), or has a
// fragment without its media; empty when it is well formed.
func oddBoxes(b []byte) string {
	open := false // a moof waits for its mdat
	for at := 0; at < len(b); {
		rest := b[at:]
		if len(rest) < 8 {
			return fmt.Sprintf("MP4 with %d bytes after the last box", len(rest))
		}
		size, kind := uint64(binary.BigEndian.Uint32(rest)), string(rest[4:8])
		switch {
		case size == 0: // to the end
			size = uint64(len(rest))
		case size == 1 && len(rest) >= 16:
			size = binary.BigEndian.Uint64(rest[8:])
			if size < 16 {
				return fmt.Sprintf("MP4 whose box at %d has a bad size", at)
			}
		case size < 8:
			return fmt.Sprintf("MP4 whose box at %d has a bad size", at)
		}
		if size > uint64(len(rest)) {
			return fmt.Sprintf("MP4 whose box %q at %d is cut short", kind, at)
		}
		switch kind {
		case "moof":
			if open {
				return fmt.Sprintf("MP4 with a moof before %d without its mdat", at)
			}
			open = true
		case "mdat":
			open = false
		}
		at += int(size)
	}
	if open {
		return "MP4 whose last moof has no mdat"
	}
	return ""
}
