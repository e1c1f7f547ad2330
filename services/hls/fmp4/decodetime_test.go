package fmp4

import (
	"bytes"
	"testing"
)

func TestFirstDecodeTime(t *testing.T) {
	for _, c := range []struct {
		name string
		body []byte
		want int64
		ok   bool
	}{
		{"fragmented MP4", slicesOf(bx("styp"), moofOf(1, trafOf(u32(0, 1), u32(0, 5)), trafOf(u32(0, 2), u32(0, 6))), u32(999), []byte("mdat")), 5, true},
		{"fragmented MP4 of 64 bits", slicesOf(long("emsg"), moofOf(1, trafOf(u32(0, 1), append(u32(1<<24), u64(1<<40)...)))), 1 << 40, true},
		{"a time beyond 63 bits", moofOf(1, trafOf(u32(0, 1), append(u32(1<<24), u64(1<<63)...))), 0, false},
		{"an init section", initOf(trackOf(0, 1, 90000, "vide", "avc1")), 0, false},
		{"a moof that is cut", moofOf(1, trafOf(u32(0, 1), u32(0, 5)))[:40], 0, false},
	} {
		if got, ok := FirstDecodeTime(c.body); got != c.want || ok != c.ok {
			t.Errorf("%s: got %d, %t, want %d, %t", c.name, got, ok, c.want, c.ok)
		}
	}
}

func slicesOf(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
