package fastpath

import (
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestACrowdIsGivenLessOfTheKernelsMemory(t *testing.T) {
	for _, c := range []struct {
		connections int
		want        int32
	}{{0, unsentMost}, {1, unsentMost}, {50, 335544}, {64, 256 << 10}, {1000, unsentLeast}, {10000, unsentLeast}} {
		if got := unsentFor(c.connections); got != c.want {
			t.Errorf("%d connections: got %d bytes, want %d", c.connections, got, c.want)
		}
	}
}

// A crowd's reader has its share once it is known to be slow, and in the next answer
// is taken for a quick one again.
func TestASlowReaderHasItsShareAndAQuickOneLess(t *testing.T) {
	for _, c := range []struct {
		name               string
		share, first, slow int32
	}{
		{"a few", 800 << 10, 800 << 10, 800 << 10},
		{"a crowd", 256 << 10, unsentQuick, 256 << 10},
		{"a great crowd", unsentLeast, unsentQuick, unsentLeast},
	} {
		t.Run(c.name, func(t *testing.T) {
			inner := listen(t)
			defer inner.Close()
			res := NewResponse(http.Header{}, make([]byte, big))
			l := Listen(inner, func([]byte) *Response { return res }, func(error) {})
			l.unsent.Store(c.share)
			far, err := net.Dial("tcp", inner.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer far.Close()
			near, err := inner.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer near.Close()
			raw, err := near.(syscall.Conn).SyscallConn()
			if err != nil {
				t.Fatal(err)
			}
			conn := newConn(l, near, 1)
			for range 2 {
				if _, err := io.WriteString(far, plainGET("/x")); err != nil {
					t.Fatal(err)
				}
				if err := raw.Read(conn.readable); err != nil || conn.behind.none() {
					t.Fatalf("nothing is behind, or %v", err)
				}
				if n := unsentOf(t, raw); n != c.first {
					t.Errorf("at first: got %d bytes, want %d", n, c.first)
				}
				if conn.began < 0 {
					t.Error("the answer before counts as well")
				}
				conn.began -= int64(time.Hour)
				_ = raw.Control(func(fd uintptr) { conn.writable(fd) }) // unsentOf shows it
				if n := unsentOf(t, raw); n != c.slow {
					t.Errorf("slow: got %d bytes, want %d", n, c.slow)
				}
				conn.behind = remainder{} // as if everything were sent
				conn.state.Store(waiting)
			}
		})
	}
}

// unsentOf is how much of an answer the kernel may hold for a connection.
func unsentOf(t *testing.T, raw syscall.RawConn) (n int32) {
	t.Helper()
	if err := raw.Control(func(fd uintptr) {
		v, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT)
		if err != nil {
			t.Error(err)
		}
		n = int32(v)
	}); err != nil {
		t.Fatal(err)
	}
	return n
}
