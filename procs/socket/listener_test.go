package socket

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"livestream-tui/services/kit/handover"
)

// at is a path for a socket, which has a limit.
func at(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "sock")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	return filepath.Join(folder, "s")
}

func TestAListenerGoesOnWhenItsPathIsRemoved(t *testing.T) {
	l := NewListener(at(t))
	accepted := make(chan error)
	go func() {
		for {
			c, err := l.Accept()
			if err == nil {
				err = c.Close()
			}
			accepted <- err
			if err != nil {
				return
			}
		}
	}()
	for range 2 { // before there was a path, and after it was removed
		if err := l.Renew(); err != nil {
			t.Fatal(err)
		}
		c, err := net.Dial("unix", l.Path())
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		if err := <-accepted; err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(l.Path()); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Renew(); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-accepted; !errors.Is(err, net.ErrClosed) {
		t.Errorf("after the end: got %v, want %v", err, net.ErrClosed)
	}
	if _, err := os.Lstat(l.Path()); !os.IsNotExist(err) {
		t.Errorf("the path: got %v, want it removed", err)
	}
	if err := l.Renew(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("renewed after the end: got %v, want %v", err, net.ErrClosed)
	}
}

func TestAListenerTakesOnlyWhatIsLeft(t *testing.T) {
	for _, c := range []struct {
		name  string
		there func(t *testing.T, path string)
		check func(err error) bool
	}{
		{"another process's socket", func(t *testing.T, path string) {
			other, err := net.Listen("unix", path)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { other.Close() })
		}, func(err error) bool { return errors.Is(err, ErrListens) }},
		{"the socket of a killed one", func(t *testing.T, path string) {
			other, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
			if err != nil {
				t.Fatal(err)
			}
			other.SetUnlinkOnClose(false)
			other.Close()
		}, func(err error) bool { return err == nil }},
		{"a file", func(t *testing.T, path string) {
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, func(err error) bool { return err != nil && strings.Contains(err.Error(), "is no socket: remove it") }},
	} {
		l := NewListener(at(t))
		c.there(t, l.Path())
		err := l.Renew()
		if !c.check(err) {
			t.Errorf("%s: got %v", c.name, err)
		}
		if replaced := l.Replaced(); replaced != errors.Is(err, ErrListens) {
			t.Errorf("%s: replaced: got %t", c.name, replaced)
		}
		l.Close()
	}
}

func TestAConnectionIsPassedOn(t *testing.T) {
	passing, theirs, err := NewConnections()
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	defer passing.Close()
	ours, err := passing.Connect()
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	pair, err := connOf(theirs)
	if err != nil {
		t.Fatal(err)
	}
	defer pair.Close()
	passed, err := handover.Receive(pair)
	if err != nil {
		t.Fatal(err)
	}
	defer passed.Close()
	if _, err := ours.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 1)
	if n, err := passed.Read(b); n != 1 || err != nil || b[0] != 'x' {
		t.Errorf("got %q, %v, want what was written", b[:n], err)
	}
	if peer, ok := PeerOf(ours); !ok || peer.PID != os.Getpid() || peer.UID != os.Getuid() {
		t.Errorf("got %+v, %t, want this process at the other end", peer, ok)
	}
}
