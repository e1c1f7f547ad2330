package relay

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const deadline = 30 * time.Second

// TestMain is also the program at the far end: as such it greets, or does what a login does.
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) < 3 || os.Args[1] != "far":
		os.Exit(m.Run())
	case os.Args[2] == "refused":
		fmt.Fprintln(os.Stderr, "warning: a banner")
		fmt.Fprintln(os.Stderr, "op@b: Permission denied\x1b[31m (publickey).")
		os.Exit(255)
	case os.Args[2] == "another":
		for range 2 * linesMost {
			fmt.Println("what a shell says")
		}
	case os.Args[2] == "silent":
		_, _ = io.Copy(io.Discard, os.Stdin) // until it is closed
	default:
		fmt.Println("Welcome to b!")
		if err := Serve(context.Background(), os.Args[2], os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(0)
}

func far(what string) Dialer { return Dialer{Argv: []string{os.Args[0], "far", what}} }

// echoing answers each line at a socket until the test ends, and returns its path.
func echoing(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "rl") // short: a socket's path has a limit
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) }) // a temporary folder: no harm if it stays
	path := filepath.Join(folder, "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() }) // it may be closed already
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				lines := bufio.NewScanner(c)
				for lines.Scan() {
					fmt.Fprintln(c, "echo", lines.Text())
				}
			}()
		}
	}()
	return path
}

func TestAConnectionGoesThroughAProgram(t *testing.T) {
	d := far(echoing(t))
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	c, err := d.Dial(ctx)
	cancel() // it outlives the dialing
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SetDeadline(time.Now().Add(deadline)); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(c)
	for _, word := range []string{"one", "two"} {
		fmt.Fprintln(c, word)
		if got, err := lines.ReadString('\n'); err != nil || got != "echo "+word+"\n" {
			t.Fatalf("got %q, %v", got, err)
		}
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	select {
	case <-c.(*conn).ended:
	case <-time.After(deadline):
		t.Error("the program goes on after its connection is closed")
	}
}

func TestWhyThereIsNoConnection(t *testing.T) {
	for what, want := range map[string]string{
		"refused":                               "Permission denied",
		"another":                               "not livestream-tui",
		filepath.Join(t.TempDir(), "no-socket"): "no such file",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), deadline)
		c, err := far(what).Dial(ctx)
		cancel()
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%s: got %v, %v, want %q", what, c, err, want)
		}
	}
	if _, err := (Dialer{Argv: []string{filepath.Join(t.TempDir(), "no-such-program")}}).Dial(t.Context()); err == nil {
		t.Error("without the program: got no error")
	}
}

func TestDialingEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := far("silent").Dial(ctx)
		done <- err
	}()
	cancel()
	select {
	case err := <-done:
		if err == nil || !strings.Contains(err.Error(), context.Canceled.Error()) {
			t.Errorf("got %v", err)
		}
	case <-time.After(deadline):
		t.Fatal("it waits for a program that says nothing")
	}
}
