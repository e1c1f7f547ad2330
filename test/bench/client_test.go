package bench

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// client is a player's connection. It is as cheap as possible, because it shares the
// cores with what it measures. For one goroutine at a time.
type client struct {
	conn *net.TCPConn
	raw  syscall.RawConn
	buf  []byte
}

func dial(base string) (*client, error) {
	conn, err := net.DialTimeout("tcp", strings.TrimPrefix(base, "http://"), 30*time.Second)
	if err != nil {
		return nil, err
	}
	tcp := conn.(*net.TCPConn)
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil, err
	}
	return &client{tcp, raw, make([]byte, 4096)}, nil
}

// dialMany opens connections and asks for the path once on each: one after another, so
// that no listener's queue overflows. The caller closes them.
func dialMany(t *testing.T, base, path string, n int) []*client {
	t.Helper()
	list := make([]*client, n)
	for i := range list {
		c, err := dial(base)
		if err == nil {
			_, err = c.get(request(base, path))
		}
		if err != nil {
			t.Fatalf("connection %d: %v", i+1, err)
		}
		list[i] = c
	}
	return list
}

func closeAll(list []*client) {
	for _, c := range list {
		c.conn.Close()
	}
}

func request(base, path string) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n", path, strings.TrimPrefix(base, "http://"))
}

// get asks and returns the body, valid until the next call; the whole answer must
// fit into buf.
func (c *client) get(request []byte) ([]byte, error) {
	if _, err := c.conn.Write(request); err != nil {
		return nil, err
	}
	return c.small()
}

// small reads an answer that fits into buf.
func (c *client) small() ([]byte, error) {
	body, length, err := c.head()
	for err == nil && len(body) < length {
		var n int
		if cap(body) < length {
			return nil, fmt.Errorf("an answer of %d bytes", length)
		}
		n, err = c.conn.Read(body[len(body):length])
		body = body[:len(body)+n]
	}
	return body, err
}

// discard asks, and throws the body away in the kernel, which leaves the cores to the
// contenders. (Where MSG_TRUNC does not do that, the bytes are copied into scratch.)
func (c *client) discard(request, scratch []byte) (int, error) {
	if _, err := c.conn.Write(request); err != nil {
		return 0, err
	}
	body, length, err := c.head()
	left := length - len(body)
	for err == nil && left > 0 {
		var n int
		if e := c.raw.Read(func(fd uintptr) bool {
			n, _, err = unix.Recvfrom(int(fd), scratch[:min(left, len(scratch))], unix.MSG_TRUNC)
			return !errors.Is(err, unix.EAGAIN)
		}); e != nil {
			return 0, e
		}
		if err == nil && n == 0 {
			err = errors.New("the connection ended within a body")
		}
		left -= n
	}
	return length, err
}

// head reads an answer's head. It returns the part of the body that came with it, and
// the body's length.
func (c *client) head() (body []byte, length int, err error) {
	for n := 0; ; {
		if n == len(c.buf) {
			return nil, 0, errors.New("an endless head")
		}
		m, err := c.conn.Read(c.buf[n:])
		if err != nil {
			return nil, 0, err
		}
		n += m
		end := bytes.Index(c.buf[:n], []byte("\r\n\r\n"))
		if end < 0 {
			continue
		}
		head := c.buf[:end+2]
		if !bytes.HasPrefix(head, []byte("HTTP/1.1 200 ")) {
			return nil, 0, fmt.Errorf("%s", bytes.SplitN(head, []byte("\r\n"), 2)[0])
		}
		length, err = contentLength(head)
		return c.buf[end+4 : n], length, err
	}
}

func contentLength(head []byte) (int, error) {
	for _, name := range []string{"\r\nContent-Length: ", "\r\ncontent-length: "} {
		if i := bytes.Index(head, []byte(name)); i >= 0 {
			n := 0
			for _, digit := range head[i+len(name):] {
				if digit < '0' || digit > '9' {
					return n, nil
				}
				n = 10*n + int(digit-'0')
			}
		}
	}
	return 0, errors.New("an answer without Content-Length")
}
