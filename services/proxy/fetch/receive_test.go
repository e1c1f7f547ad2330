package fetch

import (
	"bytes"
	"io"
	"testing"
	"time"

	"livestream-tui/services/proxy/fakenet"
	"livestream-tui/services/proxy/object"
)

// pieces is a body that comes in pieces.
type pieces struct {
	b    []byte
	size int
	err  error
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.b) == 0 {
		return 0, p.err
	}
	n := copy(b, p.b[:min(len(p.b), p.size)])
	p.b = p.b[n:]
	return n, nil
}

// FuzzReceive: whatever a packager sends, what is taken is what came, or an error.
func FuzzReceive(f *testing.F) {
	f.Add(fakenet.Packets(1, 3), int64(3*fakenet.PacketLength), 100, false)
	f.Add(fakenet.Packets(1, 3), int64(-1), 1, false)
	f.Add(fakenet.Packets(1, 3), int64(1000), 7, true)
	f.Add(fakenet.Packets(1, 3), int64(1000), 7, false)
	f.Add([]byte("<html>"), int64(6), 2, false)
	f.Add([]byte{}, int64(0), 1, false)
	f.Fuzz(func(t *testing.T, b []byte, size int64, piece int, broken bool) {
		if piece < 1 || size < -1 || size > 1<<20 {
			return
		}
		end := io.EOF
		if broken {
			end = io.ErrUnexpectedEOF
		}
		a := &attempt{object: object.New("", time.Now()), state: progress{size: size}}
		err := a.receive(&pieces{bytes.Clone(b), piece, end}, overlap{size: size}, make(chan struct{}, 1))
		got := a.now().buf
		if !bytes.HasPrefix(b, got) {
			t.Fatalf("got %q of %q", got, b)
		}
		if err == nil && (!bytes.Equal(got, b) || broken || size >= 0 && int64(len(b)) != size) {
			t.Fatalf("got %d of %d bytes, told were %d, without an error", len(got), len(b), size)
		}
	})
}
