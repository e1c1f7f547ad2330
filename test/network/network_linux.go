package network

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"livestream-tui/test/harness"
)

// Network is hosts on switches.
type Network struct {
	t      testing.TB
	prefix string
	space  string // the namespace of all switches
}

// count tells the networks of one process apart.
var count atomic.Int64

// New makes an empty network, or skips the test where namespaces cannot be made. It is gone
// when the test ends.
func New(t testing.TB) *Network {
	t.Helper()
	n := &Network{t: t, prefix: fmt.Sprintf("lt%d-%d-", os.Getpid(), count.Add(1))}
	n.space = n.prefix + "switches"
	if err := n.ip("netns", "add", n.space); err != nil {
		t.Skipf("network namespaces cannot be made here, which needs root and iproute2 on Linux: %v", err)
	}
	t.Cleanup(func() { n.must("netns", "del", n.space) })
	if err := n.ip("-n", n.space, "link", "add", "trial", "type", "bridge"); err != nil {
		t.Skipf("a bridge cannot be made here: %v", err)
	}
	n.must("-n", n.space, "link", "del", "trial")
	return n
}

// run runs a command of iproute2.
func (n *Network) run(command string, args ...string) error {
	if out, err := exec.Command(harness.Tool(command), args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", command, strings.Join(args, " "), err, bytes.TrimSpace(out))
	}
	return nil
}

func (n *Network) ip(args ...string) error { return n.run("ip", args...) }

func (n *Network) must(args ...string) {
	n.t.Helper()
	if err := n.ip(args...); err != nil {
		n.t.Fatal(err)
	}
}

// Switch is a switch with a subnet of its own.
type Switch struct {
	net    *Network
	name   string
	subnet int
}

// Switch adds a switch for the subnet 10.203.SUBNET.0/24. Its name must be short, because
// interfaces get it.
func (n *Network) Switch(name string, subnet int) *Switch {
	n.t.Helper()
	n.must("-n", n.space, "link", "add", "name", name, "type", "bridge")
	n.must("-n", n.space, "link", "set", "dev", name, "up")
	return &Switch{n, name, subnet}
}

// Host is a namespace.
type Host struct {
	Name string
	net  *Network
}

// Host adds a host that is connected with nothing. Its name must be short, because
// interfaces get it.
func (n *Network) Host(name string) *Host {
	n.t.Helper()
	h := &Host{Name: name, net: n}
	n.must("netns", "add", h.space())
	n.t.Cleanup(func() { n.must("netns", "del", h.space()) })
	n.must("-n", h.space(), "link", "set", "dev", "lo", "up")
	return h
}

func (h *Host) space() string { return h.net.prefix + h.Name }

// Route makes the host send what is for an address to another one.
func (h *Host) Route(address, via string) {
	h.net.t.Helper()
	h.net.must("-n", h.space(), "route", "add", address+"/32", "via", via)
}

// Link is the cable between a host and a switch.
type Link struct {
	// Address is the host's on that switch.
	Address string

	host *Host
	to   *Switch
	port string // the switch's end
}

// Plug connects the host with a switch. Its address there ends in number.
func (h *Host) Plug(s *Switch, number int) *Link {
	h.net.t.Helper()
	n := h.net
	l := &Link{Address: fmt.Sprintf("10.203.%d.%d", s.subnet, number), host: h, to: s, port: s.name + "-" + h.Name}
	n.must("link", "add", s.name, "netns", h.space(), "type", "veth", "peer", "name", l.port, "netns", n.space)
	n.must("-n", n.space, "link", "set", "dev", l.port, "master", s.name, "up")
	n.must("-n", h.space(), "addr", "add", l.Address+"/24", "dev", s.name)
	n.must("-n", h.space(), "link", "set", "dev", s.name, "up")
	return l
}

// URL is that of a server on the host.
func (l *Link) URL(port int) string { return fmt.Sprintf("http://%s:%d", l.Address, port) }

// Cut makes the switch drop everything from and to the host without a word. Join undoes it;
// both may be called again.
func (l *Link) Cut() { l.host.net.must("-n", l.host.net.space, "link", "set", "dev", l.port, "down") }

// Join undoes Cut.
func (l *Link) Join() { l.host.net.must("-n", l.host.net.space, "link", "set", "dev", l.port, "up") }
