package child

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	// pid (comm) state ppid pgrp session tty tpgid flags minflt cminflt majflt cmajflt utime stime ... starttime vsize rss
	row := func(comm, state string) string {
		return "42 (" + comm + ") " + state + " 1 40 40 34816 40 4194560 9 0 0 0 150 50 0 0 20 0 1 0 987654 1000 3 18446744073709551615 1"
	}
	want := Process{PID: 42, Group: 40, Started: "987654", CPU: 2 * time.Second, RSS: 3 * int64(os.Getpagesize())}
	zombie := want
	zombie.Zombie = true
	for _, c := range []struct {
		name, stat string
		want       Process
		ok         bool
	}{
		{"plain", row("ffmpeg", "S"), want, true},
		{"a space", row("tmux: server", "R"), want, true},
		{"parentheses", row("(sd-pam)", "S"), want, true},
		{"what looks like more fields", row("x) Z 1 2 3 (y", "S"), want, true},
		{"a newline", row("a\nb", "T"), want, true},
		{"a zombie", row("ffmpeg", "Z"), zombie, true},
		{"dead", row("ffmpeg", "X"), zombie, true},
		{"the first of its threads has ended", strings.Replace(row("ffmpeg", "Z"), " 20 0 1 0 ", " 20 0 2 0 ", 1), want, true},
		{"a final newline", row("ffmpeg", "S") + "\n", want, true},
		{"empty", "", Process{}, false},
		{"no command", "42 S 1 40", Process{}, false},
		{"cut short", "42 (x) S 1 40 40", Process{}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := parseStat(42, []byte(c.stat))
			if got != c.want || ok != c.ok {
				t.Errorf("got %+v, %t, want %+v, %t", got, ok, c.want, c.ok)
			}
		})
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add([]byte("42 (x) S 1 40 40 0 -1 0 0 0 0 0 1 2 0 0 20 0 1 0 9 1000 3 1"))
	f.Add([]byte("42 ()) Z"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, ok := parseStat(7, b); ok && (p.PID != 7 || p.Started == "") {
			t.Errorf("got %+v", p)
		}
	})
}

func TestListener(t *testing.T) {
	const tail = " 00000000:00000000 00:00000000 00000000  1000        0 54321 1 0000000000000000 100 0 0 10 0"
	for _, c := range []struct {
		name, line string
		inode      string
		ok         bool
	}{
		{"another address", "   0: 0200007F:1F90 00000000:0000 0A" + tail, "", false},
		{"every address", "   0: 00000000:1F90 00000000:0000 0A" + tail, "54321", true},
		{"IPv6 that is IPv4", "   0: 0000000000000000FFFF00000100007F:1F90 00000000000000000000000000000000:0000 0A" + tail, "54321", true},
		{"another address of IPv6", "   0: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A" + tail, "", false},
		{"no address", "   0: 0100:1F90 00000000:0000 0A" + tail, "", false},
		{"IPv4", "   0: 0100007F:1F90 00000000:0000 0A" + tail, "54321", true},
		{"IPv6", "   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A" + tail, "54321", true},
		{"a connection from the port", "   1: 0100007F:1F90 0100007F:C350 01" + tail, "", false},
		{"a connection to it", "   1: 0100007F:C350 0100007F:1F90 01" + tail, "", false},
		{"another port", "   0: 0100007F:1F91 00000000:0000 0A" + tail, "", false},
		{"the address looks like the port", "   0: 00001F90:0050 00000000:0000 0A" + tail, "", false},
		{"the heading", "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode", "", false},
		{"empty", "", "", false},
	} {
		if inode, ok := listener(c.line, net.IPv4(127, 0, 0, 1), 8080); inode != c.inode || ok != c.ok {
			t.Errorf("%s: got %q, %t, want %q, %t", c.name, inode, ok, c.inode, c.ok)
		}
	}
}

func TestHolderIsWhoListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	loopback := net.IPv4(127, 0, 0, 1)
	pid, command, ok := Holder(loopback, port)
	if !ok || pid != os.Getpid() || !strings.Contains(command, os.Args[0]) {
		t.Errorf("got %d, %q, %t, want ourselves, %d", pid, command, ok, os.Getpid())
	}
	if pid, _, ok := Holder(net.IPv4(127, 0, 0, 77), port); ok {
		t.Errorf("at another address: got %d, want nobody", pid)
	}
	if pid, _, _ := Holder(net.IPv4zero, port); pid != os.Getpid() {
		t.Errorf("at any address: got %d, want ourselves", pid)
	}
	l.Close()
	if pid, _, ok := Holder(loopback, port); ok && pid == os.Getpid() {
		t.Error("we hold a port that we have closed")
	}
}

func TestMembersAndVariables(t *testing.T) {
	s := NewSpawner()
	defer s.Close()
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Start(Options{Argv: []string{sleep, "100"}, Env: []string{"A=1", "SERVICE_SOCKET=/run/x.1.sock"}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Signal(9)
	list, err := Members(c.PID(), 1<<30)
	if err != nil || len(list) != 1 || list[0].PID != c.PID() || list[0].Group != c.PID() || list[0].Zombie {
		t.Errorf("got %+v, %v, want only %d", list, err, c.PID())
	}
	if started, ok := StartedAt(c.PID()); !ok || len(list) == 0 || started != list[0].Started {
		t.Errorf("got %q, %t", started, ok)
	}
	for variable, want := range map[string]bool{
		"SERVICE_SOCKET=/run/x.1.sock": true, "A=1": true,
		"SERVICE_SOCKET=/run/x.1": false, "SOCKET=/run/x.1.sock": false, "B=1": false,
	} {
		if got := HasVariable(c.PID(), variable); got != want {
			t.Errorf("%s: got %t, want %t", variable, got, want)
		}
	}
	if HasVariable(1<<30, "A=1") {
		t.Error("a process that is not there has no variables")
	}
	all, err := Members(os.Getpid(), c.PID())
	if own, _ := StartedAt(os.Getpid()); err != nil || own == "" || !slices.ContainsFunc(all, func(p Process) bool { return p.PID == c.PID() }) {
		t.Errorf("got %s, %v", fmt.Sprint(all), err)
	}
}

func TestAgainFindsTheSameProcessesOrNone(t *testing.T) {
	s := NewSpawner()
	defer s.Close()
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Start(Options{Argv: []string{sleep, "100"}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Signal(9) // before Close, which waits for its end
	list, err := Members(c.PID())
	if err != nil || len(list) != 1 {
		t.Fatalf("got %+v, %v, want only %d", list, err, c.PID())
	}
	again, ok := Again(list)
	for deadline := time.Now().Add(10 * time.Second); ok && again[0].RSS == 0 && time.Now().Before(deadline); again, ok = Again(list) {
		// Start returns as the kernel ends exec, when none of the program is in memory
		// yet, and the kernel counts the first pages late.
		time.Sleep(time.Millisecond)
	}
	if !ok || len(again) != 1 || again[0].PID != c.PID() || again[0].RSS == 0 {
		t.Errorf("got %+v, %t, want %d", again, ok, c.PID())
	}
	other := list[0]
	other.Started += "0"
	if again, ok = Again([]Process{other}); ok {
		t.Errorf("started at another time: got %+v, want none", again)
	}
	if err := c.Signal(9); err != nil {
		t.Fatal(err)
	}
	<-c.Done()
	if again, ok = Again(list); ok {
		t.Errorf("gone: got %+v, want none", again)
	}
	if _, ok := Again(nil); !ok {
		t.Error("an empty list: got a process that has gone")
	}
}

func BenchmarkMembers(b *testing.B) {
	for b.Loop() {
		if _, err := Members(1); err != nil {
			b.Fatal(err)
		}
	}
}
