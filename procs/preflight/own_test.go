package preflight

import (
	"net"
	"os"
	"strconv"
	"strings"
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

// Two machines of a cluster may be on one host, each at an address of its own.
func TestAPortAtAnotherAddressIsNotInTheWay(t *testing.T) {
	if !haveLoopbacks() {
		t.Skip("this system has one address of loopback")
	}
	l, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	run := t.TempDir()
	if err := guardian.NewRecords(run).Add("proxy", os.Getpid(), ""); err != nil {
		t.Fatal(err)
	}
	there, here := Endpoint{Process: "proxy", Host: "127.0.0.2", Port: port}, Endpoint{Process: "proxy", Host: "127.0.0.3", Port: port}
	if pid, ours := OwnPlatform(run, there); pid != os.Getpid() || !ours {
		t.Errorf("got %d, %t, want %d", pid, ours, os.Getpid())
	}
	if pid, ours := OwnPlatform(run, here); ours {
		t.Errorf("another address: got %d, want none", pid)
	}
	if err := CheckPort(here); err != nil {
		t.Errorf("another address: got %v, want that it is free", err)
	}
	here.Host, here.Every = "localhost", "0.0.0.0"
	if err := CheckPort(here); err == nil || !strings.Contains(err.Error(), "in use by pid "+strconv.Itoa(os.Getpid())) {
		t.Errorf("every address: got %v, want that it is in use", err)
	}
}

// haveLoopbacks reports whether all of 127.0.0.0/8 is loopback.
func haveLoopbacks() bool {
	l, err := net.Listen("tcp", "127.0.0.3:0")
	if err != nil {
		return false
	}
	return l.Close() == nil
}
