package relay

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"livestream-tui/services/kit/text"
)

const (
	// linesMost is how many lines of a login shell may come before the greeting.
	linesMost = 1000
	// endPatience is how long a program may take to end once its input has ended.
	endPatience = 2 * time.Second
	// saidMost is how many bytes of what a program says of its troubles are kept.
	saidMost = 4 << 10
)

// Dialer makes connections by running a program for each, whose far end is Serve. Safe for
// concurrent use.
type Dialer struct {
	// Argv is the program with its arguments.
	Argv []string
}

// Dial runs the program and returns the connection once the far end has greeted. The
// error has what the program has said.
func (d Dialer) Dial(ctx context.Context) (net.Conn, error) {
	near, far, err := pair()
	if err != nil {
		return nil, err
	}
	said := &tail{}
	cmd := exec.Command(d.Argv[0], d.Argv[1:]...) // not with ctx: the connection outlives it
	cmd.Stdin, cmd.Stdout, cmd.Stderr = far, far, said
	cmd.WaitDelay = endPatience
	err = cmd.Start()
	_ = far.Close() // the program has it now
	if err != nil {
		return nil, errors.Join(err, near.Close())
	}
	c := &conn{Conn: near, cmd: cmd, ended: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // what it said is what counts
		close(c.ended)
	}()
	stop := context.AfterFunc(ctx, func() { _ = near.SetReadDeadline(time.Now()) })
	err = c.greet()
	if !stop() {
		err = ctx.Err()
	}
	if err == nil {
		return c, near.SetReadDeadline(time.Time{})
	}
	_ = c.Close() // the error is why
	<-c.ended
	if words := said.lastLine(); words != "" && ctx.Err() == nil {
		err = errors.New(words)
	}
	return nil, fmt.Errorf("%s: %w", d.Argv[0], err)
}

// conn is a connection through a program.
type conn struct {
	net.Conn
	cmd   *exec.Cmd
	rest  *bufio.Reader // what came with the greeting
	ended chan struct{} // closed when the program has ended
	once  sync.Once
}

// greet reads up to the greeting.
func (c *conn) greet() error {
	c.rest = bufio.NewReader(c.Conn)
	for range linesMost {
		line, err := c.rest.ReadSlice('\n')
		switch {
		case strings.TrimSpace(string(line)) == greeting:
			return nil
		case errors.Is(err, io.EOF):
			return errors.New("it ended before there was a connection")
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return err
		}
	}
	return errors.New("what answers there is not livestream-tui")
}

// Read implements net.Conn.
func (c *conn) Read(b []byte) (int, error) { return c.rest.Read(b) }

// Close implements net.Conn. A program that does not end by itself is killed after a while.
func (c *conn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() {
		go func() {
			select {
			case <-c.ended:
			case <-time.After(endPatience):
				_ = c.cmd.Process.Kill() // it may have ended by now
			}
		}()
	})
	return err
}

// pair returns two ends of a connection: one to use, and one for a program.
func pair() (near net.Conn, far *os.File, err error) {
	syscall.ForkLock.RLock()
	ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(ends[0])
		syscall.CloseOnExec(ends[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, err
	}
	own := os.NewFile(uintptr(ends[0]), "near")
	defer own.Close() // the connection has a copy
	far = os.NewFile(uintptr(ends[1]), "far")
	if near, err = net.FileConn(own); err != nil {
		return nil, nil, errors.Join(err, far.Close())
	}
	return near, far, nil
}

// tail keeps the end of what is written to it. Safe for concurrent use.
type tail struct {
	mu sync.Mutex
	b  []byte // guarded by mu
}

// Write implements io.Writer.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, b...)
	t.b = t.b[max(0, len(t.b)-saidMost):]
	return len(b), nil
}

// lastLine returns the last line that is not empty, fit for a terminal.
func (t *tail) lastLine() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := bytes.Split(bytes.TrimSpace(t.b), []byte("\n"))
	return text.Clean(strings.TrimSpace(string(lines[len(lines)-1])))
}
