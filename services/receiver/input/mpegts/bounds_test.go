package mpegts

import (
	"bytes"
	"testing"
	"time"

	"livestream-tui/services/receiver/input"
	"livestream-tui/services/receiver/inputtest"
)

func TestMemoryIsBounded(t *testing.T) {
	b, _ := film(t, inputtest.Signal{Length: time.Second})
	sink := inputtest.NewSink()
	sink.Open(input.About{})
	r := New(sink.Connections()[0], nil)
	_, _ = r.Write(b)
	// A picture that never ends.
	p := bytes.Repeat([]byte{0xff}, packetSize)
	p[0], p[1], p[2] = syncByte, 1, 0
	for i := range (20 << 20) / packetSize {
		p[3] = 0x10 | byte(r.streams[256].next)
		_, _ = r.Write(p)
		if n := len(r.streams[256].data); n > unitMost {
			t.Fatalf("after %d packets: %d bytes are held", i, n)
		}
	}
}

func FuzzReader(f *testing.F) {
	for _, s := range []inputtest.Signal{{Length: 400 * time.Millisecond}, {Length: 400 * time.Millisecond, Codec: "libx265", Audio: "libopus"}} {
		b, _ := film(f, s)
		f.Add(b[:min(len(b), 40*packetSize)])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, _ := read(t, b)
		formats, _ := c.Formats()
		if len(c.Samples()) > 0 && len(formats) == 0 {
			t.Error("samples came without a format")
		}
	})
}
