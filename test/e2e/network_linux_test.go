package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"livestream-tui/services/viewer/player"
	"livestream-tui/test/harness"
)

// network is a few hosts on one switch, each a network namespace of this test's own.
// It cannot be seen from outside.
type network struct {
	t        *testing.T
	prefix   string
	switcher string
}

// host is a namespace with one address.
type host struct {
	net           *network
	name, address string
}

// newNetwork makes the switch, or skips the test where namespaces cannot be made.
func newNetwork(t *testing.T) *network {
	t.Helper()
	n := &network{t: t, prefix: fmt.Sprintf("lt%d-", os.Getpid())}
	n.switcher = n.prefix + "switch"
	if err := n.ip("netns", "add", n.switcher); err != nil {
		t.Skipf("network namespaces cannot be made here, which needs root and iproute2 on Linux: %v", err)
	}
	t.Cleanup(func() { n.must("netns", "del", n.switcher) })
	if err := n.ip("-n", n.switcher, "link", "add", "hub", "type", "bridge"); err != nil {
		t.Skipf("a bridge cannot be made here: %v", err)
	}
	n.must("-n", n.switcher, "link", "set", "hub", "up")
	return n
}

func (n *network) ip(args ...string) error {
	if out, err := exec.Command(harness.Tool("ip"), args...).CombinedOutput(); err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, bytes.TrimSpace(out))
	}
	return nil
}

func (n *network) must(args ...string) {
	n.t.Helper()
	if err := n.ip(args...); err != nil {
		n.t.Fatal(err)
	}
}

// host adds a host. Its name must be short, because an interface gets it too.
func (n *network) host(name string, number int) *host {
	n.t.Helper()
	h := &host{net: n, name: name, address: fmt.Sprintf("10.203.0.%d", number)}
	n.must("netns", "add", h.space())
	n.t.Cleanup(func() { n.must("netns", "del", h.space()) })
	n.must("link", "add", "eth0", "netns", h.space(), "type", "veth", "peer", "name", name, "netns", n.switcher)
	n.must("-n", n.switcher, "link", "set", name, "master", "hub", "up")
	n.must("-n", h.space(), "addr", "add", h.address+"/24", "dev", "eth0")
	n.must("-n", h.space(), "link", "set", "eth0", "up")
	n.must("-n", h.space(), "link", "set", "lo", "up")
	return h
}

func (h *host) space() string { return h.net.prefix + h.name }

func (h *host) url(port int) string { return fmt.Sprintf("http://%s:%d", h.address, port) }

// cut makes the switch drop everything from and to the host; join undoes it.
func (h *host) cut()  { h.net.must("-n", h.net.switcher, "link", "set", h.name, "down") }
func (h *host) join() { h.net.must("-n", h.net.switcher, "link", "set", h.name, "up") }

// run runs a service on the host until the end of the test.
func (h *host) run(env map[string]string, service string) {
	t := h.net.t
	t.Helper()
	cmd := harness.Command(t, env, service)
	cmd.Args = append([]string{"ip", "netns", "exec", h.space()}, append([]string{cmd.Path}, cmd.Args[1:]...)...)
	cmd.Path = harness.Tool("ip")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		dead := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
		defer dead.Stop()
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s on %s: %v", service, h.name, err)
		}
		if t.Failed() {
			t.Logf("%s on %s said:\n%s", service, h.name, &said)
		}
	})
}

// from makes dial connect from the host: a socket belongs to the namespace that its
// thread is in when it is made.
func (h *host) from(dial func(ctx context.Context, network, address string) (net.Conn, error)) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		here, err := os.Open("/proc/thread-self/ns/net")
		if err != nil {
			return nil, err
		}
		defer here.Close()
		there, err := os.Open(filepath.Join("/run/netns", h.space()))
		if err != nil {
			return nil, err
		}
		defer there.Close()
		runtime.LockOSThread()
		if err := unix.Setns(int(there.Fd()), unix.CLONE_NEWNET); err != nil {
			runtime.UnlockOSThread()
			return nil, err
		}
		c, err := dial(ctx, network, address)
		if back := unix.Setns(int(here.Fd()), unix.CLONE_NEWNET); back != nil {
			return nil, errors.Join(err, back) // the thread stays locked and ends with its goroutine
		}
		runtime.UnlockOSThread()
		return c, err
	}
}

// client is a player's on the host.
func (h *host) client() *http.Client {
	c := player.NewClient(true)
	transport := c.Transport.(*http.Transport)
	transport.DialContext = h.from(transport.DialContext)
	return c
}
