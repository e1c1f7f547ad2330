package viewer

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTransportStream(t *testing.T) {
	const tick = 90 // of a millisecond
	segment := func(packets ...[]byte) (b []byte) {
		for _, p := range packets {
			b = append(b, p...)
		}
		return b
	}
	// with an adaptation field of n bytes before the PES packet.
	adapted := func(p []byte, n int) []byte {
		b := append([]byte{p[0], p[1], p[2], p[3] | 0x20, byte(n)}, make([]byte, n)...)
		return append(b, p[4:packetSize-n-1]...)
	}
	const v, a, ms = 256, 257, time.Millisecond
	for _, c := range []struct {
		name string
		in   []byte
		want []track
	}{
		{"nothing", nil, []track{}},
		{"pictures in decoding order", segment(packet(v, 0xe0, 180*tick), packet(v, 0xe0, 100*tick), packet(v, 0xe0, 140*tick)),
			[]track{{id: v, begins: 100 * ms, length: 120 * ms}}},
		{"pictures and sound", segment(packet(v, 0xef, 0), packet(a, 0xc0, 10*tick), packet(v, 0xef, 40*tick), packet(a, 0xc0, 30*tick)),
			[]track{{id: v, begins: 0, length: 80 * ms}, {id: a, begins: 10 * ms, length: 40 * ms}}},
		{"over the wrap", segment(packet(v, 0xe0, 1<<33-40*tick), packet(v, 0xe0, 0)),
			[]track{{id: v, begins: clock90(1<<33 - 40*tick), length: 80 * ms}}},
		{"over the wrap, in decoding order", segment(packet(v, 0xe0, 40*tick), packet(v, 0xe0, 1<<33-40*tick), packet(v, 0xe0, 0)),
			[]track{{id: v, begins: -40 * ms, length: 120 * ms}}},
		{"behind an adaptation field", segment(adapted(packet(v, 0xe0, 100*tick), 7)), []track{{id: v, begins: 100 * ms}}},
		{"an adaptation field that leaves nothing", segment(adapted(packet(v, 0xe0, 100*tick), packetSize-5)), []track{}},
		{"an adaptation field that is longer than its packet", segment(func() []byte {
			p := packet(v, 0xe0, 5)
			p[3], p[4] = p[3]|0x20, 255
			return p
		}()), []track{}},
		{"tables, private data and packets in mid-picture", segment(packet(0, 0, 0), packet(v, 0xbd, 5), func() []byte {
			p := packet(v, 0xe0, 5)
			p[1] &^= 0x40
			return p
		}()), []track{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := transportStream(c.in)
			for i := range c.want {
				c.want[i].wraps, c.want[i].slack = clock90(ptsWraps), loose
			}
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(track{})); err != nil || diff != "" {
				t.Errorf("got %v; want (-), got (+):\n%s", err, diff)
			}
		})
	}
}
