package rules

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/services/viewer/stationtest"
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
		return append(b, p[4:stationtest.PacketSize-n-1]...)
	}
	const v, a, ms = 256, 257, time.Millisecond
	for _, c := range []struct {
		name string
		in   []byte
		want []track
	}{
		{"nothing", nil, []track{}},
		{"pictures in decoding order", segment(stationtest.Packet(v, 0xe0, 180*tick), stationtest.Packet(v, 0xe0, 100*tick), stationtest.Packet(v, 0xe0, 140*tick)),
			[]track{{id: v, begins: 100 * ms, length: 120 * ms}}},
		{"pictures and sound", segment(stationtest.Packet(v, 0xef, 0), stationtest.Packet(a, 0xc0, 10*tick), stationtest.Packet(v, 0xef, 40*tick), stationtest.Packet(a, 0xc0, 30*tick)),
			[]track{{id: v, begins: 0, length: 80 * ms}, {id: a, begins: 10 * ms, length: 40 * ms}}},
		{"over the wrap", segment(stationtest.Packet(v, 0xe0, 1<<33-40*tick), stationtest.Packet(v, 0xe0, 0)),
			[]track{{id: v, begins: clock90(1<<33 - 40*tick), length: 80 * ms}}},
		{"over the wrap, in decoding order", segment(stationtest.Packet(v, 0xe0, 40*tick), stationtest.Packet(v, 0xe0, 1<<33-40*tick), stationtest.Packet(v, 0xe0, 0)),
			[]track{{id: v, begins: -40 * ms, length: 120 * ms}}},
		{"behind an adaptation field", segment(adapted(stationtest.Packet(v, 0xe0, 100*tick), 7)), []track{{id: v, begins: 100 * ms}}},
		{"an adaptation field that leaves nothing", segment(adapted(stationtest.Packet(v, 0xe0, 100*tick), stationtest.PacketSize-5)), []track{}},
		{"an adaptation field that is longer than its packet", segment(func() []byte {
			p := stationtest.Packet(v, 0xe0, 5)
			p[3], p[4] = p[3]|0x20, 255
			return p
		}()), []track{}},
		{"tables, private data and packets in mid-picture", segment(stationtest.Packet(0, 0, 0), stationtest.Packet(v, 0xbd, 5), func() []byte {
			p := stationtest.Packet(v, 0xe0, 5)
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
