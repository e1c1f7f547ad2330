package socket

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// namesOf has the names of the descriptors that a test passes to this binary, which then is
// TestSayWhatWasPassed alone.
const namesOf = "SOCKET_TEST_NAMES"

// TestSayWhatWasPassed is the process that TestSocketsThatArePassed starts.
func TestSayWhatWasPassed(t *testing.T) {
	names, there := os.LookupEnv(namesOf)
	if !there {
		t.Skip("started by TestSocketsThatArePassed")
	}
	list, err := Passed(map[string]string{"LISTEN_FDS": fmt.Sprint(len(strings.Split(names, ":"))), "LISTEN_FDNAMES": names, "LISTEN_PID": fmt.Sprint(os.Getpid())})
	for _, f := range list {
		at, err := AddressOf(f)
		fmt.Printf("said: %s %v %v\n", f.Name(), at, err)
	}
	fmt.Printf("said: %v\n", err)
	out, err := exec.Command("sh", "-c", "if (: <&3) 2>/dev/null; then echo open; else echo closed; fi").Output()
	fmt.Printf("said: descriptor 3 of a child is %s %v\n", strings.TrimSpace(string(out)), err)
}

// said is what a process says that these files were passed to.
func said(t *testing.T, names string, files ...*os.File) string {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestSayWhatWasPassed$")
	cmd.Env, cmd.ExtraFiles = append(os.Environ(), namesOf+"="+names), files
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var list []string
	for line := range strings.Lines(string(out)) {
		if rest, ok := strings.CutPrefix(line, "said: "); ok {
			list = append(list, rest)
		}
	}
	return strings.Join(list, "")
}

func TestSocketsThatArePassed(t *testing.T) {
	one, err := Listen("", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	at, err := AddressOf(one)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if got, want := said(t, "proxy:origin", one, one), fmt.Sprintf("proxy %s <nil>\norigin %s <nil>\n<nil>\ndescriptor 3 of a child is closed <nil>\n", at, at); got != want {
		t.Errorf("two sockets: got %q, want %q", got, want)
	}
	if got, want := said(t, "proxy:origin", one, file), `descriptor 4 ("origin") is no TCP socket to listen on`; !strings.Contains(got, want) {
		t.Errorf("a socket and a file: got %q, want %q", got, want)
	}
	conn, err := net.Dial("tcp", at.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	connected, err := conn.(*net.TCPConn).File()
	if err != nil {
		t.Fatal(err)
	}
	defer connected.Close()
	if got, want := said(t, "proxy", connected), `descriptor 3 ("proxy") is no TCP socket to listen on`; !strings.Contains(got, want) {
		t.Errorf("a connection: got %q, want %q", got, want)
	}
	if list, err := Passed(map[string]string{"LISTEN_FDS": "1", "LISTEN_PID": "1"}); err != nil || len(list) > 0 {
		t.Errorf("another process's: got %v, %v, want none", list, err)
	}
}
