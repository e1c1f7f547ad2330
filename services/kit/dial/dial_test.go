package dial

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// network is one where only some addresses answer. It keeps what it was asked for.
type network struct {
	answers []string
	asked   []string
}

func (n *network) dial(_ context.Context, _, address string) (net.Conn, error) {
	n.asked = append(n.asked, address)
	if slices.Contains(n.answers, address) {
		c, _ := net.Pipe()
		return c, nil
	}
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New(address + " refuses")}
}

func TestLocalhostIsFoundWhereverItListens(t *testing.T) {
	for _, c := range []struct {
		name, network, address string
		answers                string
		want                   string // asked for, in order
		failure                string
	}{
		{"on 127.0.0.1", "tcp", "localhost:8080", "127.0.0.1:8080", "127.0.0.1:8080", ""},
		{"on ::1 alone", "tcp", "localhost:8080", "[::1]:8080", "127.0.0.1:8080 [::1]:8080", ""},
		{"on neither", "tcp", "localhost:8080", "", "127.0.0.1:8080 [::1]:8080", "127.0.0.1:8080 refuses"},
		{"with capitals and a final dot", "tcp", "LocalHost.:8080", "[::1]:8080", "127.0.0.1:8080 [::1]:8080", ""},
		{"by IPv4 alone", "tcp4", "localhost:8080", "", "127.0.0.1:8080", "refuses"},
		{"by IPv6 alone", "tcp6", "localhost:8080", "[::1]:8080", "[::1]:8080", ""},
		{"another host", "tcp", "packager.example:80", "packager.example:80", "packager.example:80", ""},
		{"an address", "tcp", "127.0.0.1:80", "", "127.0.0.1:80", "refuses"},
		{"a name that only ends so", "tcp", "notlocalhost:80", "notlocalhost:80", "notlocalhost:80", ""},
		{"what is no host and port", "tcp", "localhost", "localhost", "localhost", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := &network{answers: strings.Fields(c.answers)}
			conn, err := From(n.dial)(t.Context(), c.network, c.address)
			if conn != nil {
				defer conn.Close()
			}
			if got := strings.Join(n.asked, " "); got != c.want {
				t.Errorf("asked for %s, want %s", got, c.want)
			}
			if failed := err != nil; failed != (c.failure != "") || failed && !strings.Contains(err.Error(), c.failure) {
				t.Errorf("got %v, want %q", err, c.failure)
			}
		})
	}
}

func TestNothingIsTriedAfterTheEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	n := &network{}
	_, err := From(func(ctx context.Context, network, address string) (net.Conn, error) {
		cancel()
		return n.dial(ctx, network, address)
	})(ctx, "tcp", "localhost:1")
	if err == nil || len(n.asked) != 1 {
		t.Errorf("got %v after %v, want the first failure alone", err, n.asked)
	}
}

// TestNoNameIsLookedUp holds that the system's idea of localhost does not matter.
func TestNoNameIsLookedUp(t *testing.T) {
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skipf("no IPv6 here: %v", err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	nowhere := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("no name server")
	}}
	d := &net.Dialer{Timeout: 5 * time.Second, Resolver: nowhere}
	conn, err := From(d.DialContext)(t.Context(), "tcp", "localhost:"+port)
	if err != nil {
		t.Fatalf("got %v, want a connection to %s", err, l.Addr())
	}
	conn.Close()
	l.Close()
	if _, err := Within(5*time.Second)(t.Context(), "tcp", "localhost:"+port); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("nobody listens: got %v, want it refused", err)
	}
}
