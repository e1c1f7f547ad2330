package fetch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// wire is a network without sockets, so that time on it is the bubble's
// (testing/synctest). Hosts are names.
type wire struct {
	mu    sync.Mutex
	hosts map[string]*host // guarded by mu
	dials map[string]int   // that were accepted, by host; guarded by mu
}

func newWire() *wire { return &wire{hosts: map[string]*host{}, dials: map[string]int{}} }

// dialled is how many connections a host was asked for.
func (n *wire) dialled(name string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.dials[name+":80"]
}

type host struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
	lost   atomic.Bool // its packets are lost: nobody answers
}

func (h *host) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.closed:
		return nil, net.ErrClosed
	}
}

func (h *host) Close() error {
	h.once.Do(func() { close(h.closed) })
	return nil
}

func (h *host) Addr() net.Addr { return &net.TCPAddr{} }

// serve makes handler the host of that name; the result kills it, with every
// connection.
func (n *wire) serve(name string, handler http.Handler) (kill func()) {
	h := &host{conns: make(chan net.Conn), closed: make(chan struct{})}
	n.mu.Lock()
	n.hosts[name+":80"] = h
	n.mu.Unlock()
	var handlers atomic.Int64
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handlers.Add(1)
		defer handlers.Add(-1)
		handler.ServeHTTP(w, r)
	})}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(h)
	}()
	var once sync.Once
	return func() {
		once.Do(func() {
			n.mu.Lock()
			if n.hosts[name+":80"] == h {
				delete(n.hosts, name+":80")
			}
			n.mu.Unlock()
			_ = server.Close()
			<-ended
			for handlers.Load() > 0 {
				time.Sleep(time.Millisecond)
			}
		})
	}
}

func (n *wire) dial(ctx context.Context, _, address string) (net.Conn, error) {
	n.mu.Lock()
	h := n.hosts[address]
	n.dials[address]++
	n.mu.Unlock()
	if h == nil {
		return nil, syscall.ECONNREFUSED
	}
	if h.lost.Load() {
		select {
		case <-time.After(dialTimeout):
		case <-ctx.Done():
		}
		return nil, os.ErrDeadlineExceeded
	}
	here, there := net.Pipe()
	select {
	case h.conns <- there:
		return here, nil
	case <-h.closed:
		return nil, syscall.ECONNREFUSED
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// packets are MPEG-TS packets, of nothing but a number.
func packets(n int64, count int) []byte {
	packet := append([]byte{0x47, 0x40, 0, 0x10}, fmt.Sprintf("segment %d ", n)...)
	packet = append(packet, bytes.Repeat([]byte{byte(n)}, packetSize-len(packet))...)
	return bytes.Repeat(packet, count)
}

func serveBytes(w http.ResponseWriter, r *http.Request, b []byte, tag bool) {
	if tag {
		w.Header().Set("ETag", ETagOf(b))
	}
	http.ServeContent(w, r, r.URL.Path, time.Time{}, bytes.NewReader(b))
}

// box is a box of ISO base media.
func box(kind string, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	n := 8 + len(body)
	return append(append([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, kind...), body...)
}

func words(list ...uint32) []byte {
	var b []byte
	for _, n := range list {
		b = append(b, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	return b
}

func initSection() []byte {
	mdia := box("mdia", box("mdhd", words(0, 0, 0, 1000, 0, 0)), box("hdlr", words(0, 0), []byte("vide"), words(0, 0, 0)),
		box("minf", box("stbl", box("stsd", words(0, 0)))))
	return append(box("ftyp", []byte("iso6"), words(0)), box("moov", box("trak", box("tkhd", words(0, 0, 0, 1)), mdia))...)
}

func fragmentOf(n uint32, size int) []byte {
	moof := box("moof", box("mfhd", words(0, n)), box("traf", box("tfhd", words(0x8, 1, 500)),
		box("tfdt", words(0, n*2000)), box("trun", words(0, 4))))
	return append(moof, box("mdat", bytes.Repeat([]byte{byte(n)}, size))...)
}

func digestOf(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
}
