//go:build linux

package bench

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal is a pseudo-terminal with a program on it. What the program writes is read at once
// and, but for the end of it, dropped.
type terminal struct {
	t      *testing.T
	master *os.File
	cmd    *exec.Cmd

	mu sync.Mutex
	// rest is the end of what was written: a mark may come in two pieces. Guarded by mu.
	rest []byte
	// mark is what is waited for, and seen takes the time at which it came. Guarded by mu.
	mark []byte
	seen chan time.Time
	// bytes is how many bytes were written. Guarded by mu.
	bytes int64
}

// openTerminal runs a program on a terminal of w by h cells, and ends it with the test.
func openTerminal(t *testing.T, w, h int, env []string, path string, args ...string) *terminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fd := int(master.Fd())
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: uint16(h), Col: uint16(w)}); err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	x := &terminal{t: t, master: master, cmd: exec.Command(path, args...)}
	// This name of a terminal tells programs that it answers no questions.
	x.cmd.Env = append(env, "TERM=screen-256color", "COLORTERM=truecolor", "LC_ALL=C.UTF-8")
	x.cmd.Stdin, x.cmd.Stdout, x.cmd.Stderr = slave, slave, slave
	x.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := x.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = slave.Close() // the program has its own
	var work sync.WaitGroup
	work.Go(x.read)
	t.Cleanup(func() {
		_ = x.cmd.Process.Kill() // it may have ended
		_ = x.cmd.Wait()         // it was killed
		_ = master.Close()
		work.Wait()
	})
	return x
}

// read reads what the program writes until it has ended.
func (x *terminal) read() {
	buffer := make([]byte, 64<<10)
	for {
		n, err := x.master.Read(buffer)
		now := time.Now()
		x.mu.Lock()
		x.bytes += int64(n)
		x.rest = append(x.rest, buffer[:n]...)
		if len(x.mark) > 0 && bytes.Contains(x.rest, x.mark) {
			x.seen <- now
			x.mark = nil
		}
		x.rest = append(x.rest[:0], x.rest[max(0, len(x.rest)-4096):]...)
		x.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// press types keys, and returns how long it takes until the program writes a mark; false when
// it does not within limit.
func (x *terminal) press(keys, mark string, limit time.Duration) (time.Duration, bool) {
	seen := make(chan time.Time, 1)
	x.mu.Lock()
	x.rest, x.mark, x.seen = x.rest[:0], []byte(mark), seen
	x.mu.Unlock()
	began := time.Now()
	if _, err := x.master.WriteString(keys); err != nil {
		x.t.Fatal(err)
	}
	select {
	case at := <-seen:
		return at.Sub(began), true
	case <-time.After(limit):
		return limit, false
	}
}

// written is how many bytes the program has written so far.
func (x *terminal) written() int64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.bytes
}

// pid is the program's.
func (x *terminal) pid() int { return x.cmd.Process.Pid }
