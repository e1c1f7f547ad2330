package fastpath

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestABodyThatIsAskedForOftenIsTheSame(t *testing.T) {
	body := randomBody(3 << 20)
	res := NewResponse(http.Header{}, body)
	l := Listen(listen(t), func([]byte) *Response { return res }, func(error) {})
	go func() { _, _ = l.Accept() }() // nothing is left to it
	defer func() {
		_ = l.Close()
		l.Break()
	}()
	var work sync.WaitGroup
	for reader := range 8 {
		work.Go(func() {
			wire, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Error(err)
				return
			}
			defer wire.Close()
			_ = wire.SetDeadline(time.Now().Add(20 * time.Second))
			for n := range 2 * fileAfter / 8 {
				_, _ = io.WriteString(wire, plainGET("/x"))
				if reader%2 == 0 {
					time.Sleep(5 * time.Millisecond) // until the kernel is full
				}
				got := make([]byte, len(res.head)+len("Wed, 25 Nov 2026 22:00:00 GMT")+len(endOfHeader)+len(body))
				if _, err := io.ReadFull(wire, got); err != nil || !bytes.HasSuffix(got, body) {
					t.Errorf("reader %d, answer %d: another body, or %v", reader, n, err)
					return
				}
			}
		})
	}
	work.Wait()
	if res.shared.Load() == nil {
		t.Error("it was never put into a file")
	}
}

func TestAShortBodyOrOneSeldomAskedForHasNoFile(t *testing.T) {
	short, long := NewResponse(nil, make([]byte, fileLeast-1)), NewResponse(nil, make([]byte, fileLeast))
	for range 3 * fileAfter {
		short.from(0)
	}
	for range fileAfter - 1 {
		long.from(0)
	}
	if short.shared.Load() != nil || long.shared.Load() != nil {
		t.Error("there is a file")
	}
	if m := long.from(7); m.file == nil || m.at != 7 || m.body != nil {
		t.Errorf("asked for often: got %+v, want the file from 7 on", m)
	}
	if m := long.from(fileLeast); !m.none() {
		t.Errorf("behind the end: got %+v, want nothing", m)
	}
}

func TestAFileIsClosedWithItsResponse(t *testing.T) {
	before := bodies(t)
	func() {
		for range 10 {
			res := NewResponse(nil, make([]byte, fileLeast))
			for range fileAfter {
				res.from(0)
			}
		}
	}()
	if n := bodies(t); n != before+10 {
		t.Errorf("got %d files, want %d", n, before+10)
	}
	await(t, "the files are closed", func() bool {
		runtime.GC()
		return bodies(t) <= before
	})
}

// bodies is how many files of bodies this process has open.
func bodies(t *testing.T) int {
	t.Helper()
	list, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, fd := range list {
		if to, err := os.Readlink(fd); err == nil && strings.Contains(to, "memfd:body") {
			n++
		}
	}
	return n
}
