package transcoder

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
)

// countFrames returns how many frames the only track of an MP4 file has, by its table of
// sizes (ISO/IEC 14496-12, 8.7.3.2). To start ffprobe for it takes longer than many a pass.
func countFrames(path string) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	from, to := int64(0), info.Size()
	for _, kind := range []string{"moov", "trak", "mdia", "minf", "stbl", "stsz"} {
		if from, to, err = findBox(f, kind, from, to); err != nil {
			return 0, fmt.Errorf("%s: %w", path, err)
		}
	}
	var table [12]byte // version and flags, the size of all samples or 0, their number
	if _, err := f.ReadAt(table[:], from); err != nil {
		return 0, fmt.Errorf("%s: stsz: %w", path, err)
	}
	return int64(binary.BigEndian.Uint32(table[8:])), nil
}

// findBox returns where the content of the first box of a kind lies between from and to.
func findBox(r io.ReaderAt, kind string, from, to int64) (begin, end int64, err error) {
	for at := from; at < to; {
		var header [16]byte
		if _, err := r.ReadAt(header[:8], at); err != nil {
			return 0, 0, fmt.Errorf("box at byte %d: %w", at, err)
		}
		n, size := int64(8), int64(binary.BigEndian.Uint32(header[:4]))
		if size == 1 { // of 64 bits
			if _, err := r.ReadAt(header[8:], at+8); err != nil {
				return 0, 0, fmt.Errorf("box at byte %d: %w", at, err)
			}
			n, size = 16, int64(binary.BigEndian.Uint64(header[8:]))
		}
		if size < n || size > to-at {
			return 0, 0, fmt.Errorf("box at byte %d: size %d, allowed are %d to %d", at, size, n, to-at)
		}
		if string(header[4:8]) == kind {
			return at + n, at + size, nil
		}
		at += size
	}
	return 0, 0, fmt.Errorf("no box %q", kind)
}
