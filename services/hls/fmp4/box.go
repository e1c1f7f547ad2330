package fmp4

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Box is one box of an ISO base media file (ISO/IEC 14496-12), with its header.
type Box struct {
	Type string
	Data []byte
}

// body returns the contents after the header.
func (b Box) body() []byte {
	if binary.BigEndian.Uint32(b.Data) == 1 {
		return b.Data[16:]
	}
	return b.Data[8:]
}

// BoxReader reads the boxes of a stream one after the other.
type BoxReader struct {
	r     io.Reader
	limit int
	at    int64
}

// NewBoxReader returns a reader that refuses boxes larger than limit bytes.
func NewBoxReader(r io.Reader, limit int) *BoxReader {
	return &BoxReader{r: r, limit: limit}
}

// Next returns the next top-level box. The error is io.EOF at a clean end and
// wraps io.ErrUnexpectedEOF when a box is cut short.
func (r *BoxReader) Next() (Box, error) {
	var header [16]byte
	if _, err := io.ReadFull(r.r, header[:8]); err != nil {
		if errors.Is(err, io.EOF) {
			return Box{}, io.EOF
		}
		return Box{}, fmt.Errorf("box at byte %d: header: %w", r.at, err)
	}
	n := 8
	size := uint64(binary.BigEndian.Uint32(header[:4]))
	if size == 1 {
		if _, err := io.ReadFull(r.r, header[8:16]); err != nil {
			return Box{}, fmt.Errorf("box at byte %d: long size: %w", r.at, unexpected(err))
		}
		n, size = 16, binary.BigEndian.Uint64(header[8:16])
	}
	kind := string(header[4:8])
	if size < uint64(n) || size > uint64(r.limit) {
		return Box{}, fmt.Errorf("box %q at byte %d: size %d, allowed are %d to %d", kind, r.at, size, n, r.limit)
	}
	data := make([]byte, size)
	copy(data, header[:n])
	if _, err := io.ReadFull(r.r, data[n:]); err != nil {
		return Box{}, fmt.Errorf("box %q at byte %d: %w", kind, r.at, unexpected(err))
	}
	r.at += int64(size)
	return Box{kind, data}, nil
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// split cuts b into boxes, which share its memory. They must fill it exactly.
func split(b []byte) ([]Box, error) {
	var boxes []Box
	for at := 0; at < len(b); {
		rest := b[at:]
		if len(rest) < 8 {
			return nil, fmt.Errorf("box at byte %d: %d bytes are too few for a header", at, len(rest))
		}
		size, n := uint64(binary.BigEndian.Uint32(rest)), 8
		kind := string(rest[4:8])
		if size == 1 {
			if len(rest) < 16 {
				return nil, fmt.Errorf("box %q at byte %d: long size is cut short", kind, at)
			}
			size, n = binary.BigEndian.Uint64(rest[8:]), 16
		}
		if size < uint64(n) || size > uint64(len(rest)) {
			return nil, fmt.Errorf("box %q at byte %d: size %d, %d bytes are left", kind, at, size, len(rest))
		}
		boxes = append(boxes, Box{kind, rest[:size]})
		at += int(size)
	}
	return boxes, nil
}

// find returns the boxes of that kind in b, not those within other boxes.
func find(b []byte, kind string) ([]Box, error) {
	all, err := split(b)
	if err != nil {
		return nil, err
	}
	var found []Box
	for _, box := range all {
		if box.Type == kind {
			found = append(found, box)
		}
	}
	return found, nil
}

// one returns the single box of that kind in b.
func one(b []byte, kind string) (Box, error) {
	found, err := find(b, kind)
	if err != nil {
		return Box{}, err
	}
	if len(found) != 1 {
		return Box{}, fmt.Errorf("%d boxes %q, one is needed", len(found), kind)
	}
	return found[0], nil
}

// descend follows a path of single boxes below b and returns the last.
func descend(b []byte, path ...string) (Box, error) {
	var box Box
	for _, kind := range path {
		var err error
		if box, err = one(b, kind); err != nil {
			return Box{}, err
		}
		b = box.body()
	}
	return box, nil
}

// fields reads big-endian numbers from the body of a full box. After a read beyond the
// end it is short and yields zeros.
type fields struct {
	b     []byte
	short bool
}

func (f *fields) take(n int) []byte {
	if len(f.b) < n {
		f.short, f.b = true, nil
		return make([]byte, n)
	}
	b := f.b[:n]
	f.b = f.b[n:]
	return b
}

func (f *fields) u32() uint32 { return binary.BigEndian.Uint32(f.take(4)) }
func (f *fields) u64() uint64 { return binary.BigEndian.Uint64(f.take(8)) }

// versioned reads a number of 32 bits in version 0 and of 64 bits in version 1.
func (f *fields) versioned(version byte) uint64 {
	if version == 0 {
		return uint64(f.u32())
	}
	return f.u64()
}

// full reads the version and flags of a full box.
func (f *fields) full() (version byte, flags uint32) {
	v := f.u32()
	return byte(v >> 24), v & 0xffffff
}
