package fmp4

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
)

// bx builds a box of what it holds.
func bx(kind string, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	return append(append(binary.BigEndian.AppendUint32(nil, uint32(8+len(body))), kind...), body...)
}

// long builds the same with a size of 64 bits.
func long(kind string, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	b := append(binary.BigEndian.AppendUint32(nil, 1), kind...)
	return append(binary.BigEndian.AppendUint64(b, uint64(16+len(body))), body...)
}

// u32 is each number in 32 bits.
func u32(list ...uint32) []byte {
	var b []byte
	for _, n := range list {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	return b
}

func u64(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func TestBoxReader(t *testing.T) {
	const limit = 64
	for _, c := range []struct {
		name string
		in   []byte
		want string // the boxes' types and lengths
		err  string // io.EOF where empty
	}{
		{"nothing", nil, "", ""},
		{"two boxes", append(bx("ftyp", []byte("isom")), bx("free")...), "ftyp 12 free 8", ""},
		{"a long size", long("mdat", []byte("media")), "mdat 21", ""},
		{"as large as is allowed", bx("mdat", make([]byte, limit-8)), "mdat 64", ""},
		{"too large", bx("mdat", make([]byte, limit-7)), "", `box "mdat" at byte 0: size 65, allowed are 8 to 64`},
		{"too large for an int", append(append(u32(1), "mdat"...), u64(1<<63)...), "", "size 9223372036854775808"},
		{"a size below the header's", append(u32(7), "free"...), "", "size 7"},
		{"a long size below the header's", append(append(u32(1), "free"...), u64(15)...), "", "size 15, allowed are 16"},
		{"to the end of the file", append(u32(0), "mdat"...), "", "size 0"},
		{"cut in the header", append(bx("free"), 0, 0, 0), "free 8", "box at byte 8: header: unexpected EOF"},
		{"cut in the long size", append(u32(1), "mdat\x00"...), "", "box at byte 0: long size: unexpected EOF"},
		{"cut after the header", u32(9, 0x6d646174), "", `box "mdat" at byte 0: unexpected EOF`},
		{"cut in the body", bx("mdat", []byte("media"))[:12], "", `box "mdat" at byte 0: unexpected EOF`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := NewBoxReader(iotest.OneByteReader(bytes.NewReader(c.in)), limit)
			var got []string
			var all []byte
			var err error
			for {
				var b Box
				if b, err = r.Next(); err != nil {
					break
				}
				got = append(got, b.Type+" "+strconv.Itoa(len(b.Data)))
				all = append(all, b.Data...)
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("boxes: got %v, want %s", got, c.want)
			}
			if !bytes.HasPrefix(c.in, all) {
				t.Error("the boxes are not what was read")
			}
			switch {
			case c.err == "" && !errors.Is(err, io.EOF):
				t.Errorf("got %v, want EOF", err)
			case c.err != "" && !strings.Contains(err.Error(), c.err):
				t.Errorf("got %v, want %s", err, c.err)
			case strings.HasPrefix(c.name, "cut") && !errors.Is(err, io.ErrUnexpectedEOF):
				t.Errorf("got %v, want it to wrap an unexpected EOF", err)
			}
		})
	}
}

func TestASlowReaderIsNotTheEnd(t *testing.T) {
	r := NewBoxReader(iotest.TimeoutReader(iotest.OneByteReader(bytes.NewReader(bx("free")))), 64)
	if _, err := r.Next(); !errors.Is(err, iotest.ErrTimeout) {
		t.Errorf("got %v, want the reader's own error", err)
	}
}

func FuzzBoxReader(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(append(bx("ftyp", []byte("isom")), bx("free")...))
	f.Add(long("mdat", []byte("media")))
	f.Add(append(append(u32(1), "mdat"...), u64(1<<63)...))
	f.Add(append(u32(0), "mdat"...))
	f.Fuzz(func(t *testing.T, in []byte) {
		r := NewBoxReader(bytes.NewReader(in), 1<<16)
		var all []byte
		var err error
		for {
			var b Box
			if b, err = r.Next(); err != nil {
				break
			}
			if len(b.Data) < 8 || b.Type != string(b.Data[4:8]) || len(b.body()) > len(b.Data)-8 {
				t.Fatalf("box %q of %d bytes", b.Type, len(b.Data))
			}
			all = append(all, b.Data...)
		}
		if !bytes.HasPrefix(in, all) || errors.Is(err, io.EOF) != (len(all) == len(in)) {
			t.Fatalf("%d bytes in boxes of %d, then %v", len(all), len(in), err)
		}
		// Both ways to cut boxes agree.
		if boxes, errSplit := split(in); errors.Is(err, io.EOF) && errSplit != nil {
			t.Fatalf("split: %v after %d boxes, the reader took them", errSplit, len(boxes))
		}
	})
}
