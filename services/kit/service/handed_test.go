package service

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
)

// pairOf is a pair of connected sockets, the second as a file to be handed down.
func pairOf(t *testing.T) (*net.UnixConn, *os.File) {
	t.Helper()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	one, other := os.NewFile(uintptr(fds[0]), "one"), os.NewFile(uintptr(fds[1]), "other")
	defer one.Close()
	t.Cleanup(func() { other.Close() })
	c, err := net.FileConn(one)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.(*net.UnixConn), other
}

// pass sends a descriptor, or none.
func pass(t *testing.T, over *net.UnixConn, f *os.File) {
	t.Helper()
	var rights []byte
	if f != nil {
		rights = syscall.UnixRights(int(f.Fd()))
	}
	if _, _, err := over.WriteMsgUnix([]byte{0}, rights, nil); err != nil {
		t.Fatal(err)
	}
}

func TestConnectionsThatASupervisorPassesOnAreServed(t *testing.T) {
	over, theirs := pairOf(t)
	h := handFiles(t, []*os.File{theirs}, "LISTEN_FDS=1", "LISTEN_FDNAMES="+connectionsName)
	plain, err := os.Open(h.stderr.Name())
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	pass(t, over, nil) // what is no connection is passed over
	pass(t, over, plain)
	for range 3 {
		conn, child := pairOf(t)
		pass(t, over, child)
		child.Close()
		client := &http.Client{Timeout: patience, Transport: &http.Transport{
			DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) { return conn, nil },
		}}
		if status, body := get(t, client, "http://service/healthz"); status != http.StatusOK {
			t.Errorf("got %d %s, want 200", status, body)
		}
	}
	if _, err := os.Lstat(h.socket); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket at its path: got %v, want it left to the supervisor", err)
	}
	over.Close() // the supervisor has gone: nobody is told, and it works on
	if err := h.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := h.cmd.Wait(); err != nil {
		t.Errorf("a TERM: got %v, want a clean end: %s", err, h.errors())
	}
}

func TestWhatIsNoSocketBringsNoConnections(t *testing.T) {
	plain, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	h := handFiles(t, []*os.File{plain}, "LISTEN_FDS=1", "LISTEN_FDNAMES="+connectionsName)
	if err := h.cmd.Wait(); err == nil {
		t.Error("it runs, want it to refuse")
	}
	if want := fmt.Sprintf("descriptor %d (%s) is no socket", firstInherited, connectionsName); !strings.Contains(h.errors(), want) {
		t.Errorf("got %q, want %q", h.errors(), want)
	}
}
