package child

import (
	"net"
	"testing"
)

func TestWhoListensIsToldByAddress(t *testing.T) {
	const out = "p10\nf3\nn127.0.0.2:8080\np11\nf3\nn127.0.0.3:8080\nf4\nn[::1]:8080\np12\nf5\nn*:9090\nf6\nn10.0.0.1:80\n"
	for _, c := range []struct {
		name, at string
		port     int
		want     int
	}{
		{"the first address", "127.0.0.2", 8080, 10},
		{"another address", "127.0.0.3", 8080, 11},
		{"IPv6", "::1", 8080, 11},
		{"an address where nobody listens", "127.0.0.4", 8080, 0},
		{"every address is in the way of none", "0.0.0.0", 8080, 10},
		{"any address", "", 8080, 10},
		{"who listens at every address", "127.0.0.4", 9090, 12},
		{"another port", "127.0.0.2", 8081, 0},
	} {
		if pid, ok := parseLsof(out, net.ParseIP(c.at), c.port); pid != c.want || ok != (c.want != 0) {
			t.Errorf("%s: got %d, %t, want %d", c.name, pid, ok, c.want)
		}
	}
	if pid, ok := parseLsof("garbage\nn127.0.0.1:8080\np\nnx\n\n", nil, 8080); ok {
		t.Errorf("no process: got %d", pid)
	}
}
