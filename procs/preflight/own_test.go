package preflight

import (
	"net"
	"os"
	"testing"

	"livestream-tui/procs/guardian"
)

func TestAPortOfOurOwnPlatformNamesItsSupervisor(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	run := t.TempDir()
	e := Endpoint{Process: "proxy", Port: l.Addr().(*net.TCPAddr).Port}
	if pid, ours := OwnPlatform(run, e); ours {
		t.Errorf("without a platform: got %d, want none", pid)
	}
	// This test is the supervisor, with itself as its only process.
	if err := guardian.NewRecords(run).Add("proxy", os.Getpid(), ""); err != nil {
		t.Fatal(err)
	}
	if pid, ours := OwnPlatform(run, e); pid != os.Getpid() || !ours {
		t.Errorf("got %d, %t, want %d", pid, ours, os.Getpid())
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if pid, ours := OwnPlatform(run, e); ours {
		t.Errorf("a free port: got %d, want none", pid)
	}
}
