package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"livestream-tui/services/kit/event"
	"livestream-tui/services/viewer"
)

// network is a few hosts on one switch, each a network namespace of this test's own.
// Nothing of it is seen from outside: every address lies within.
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
	path, err := exec.LookPath("ip")
	if err != nil {
		path = "/usr/sbin/ip"
	}
	if out, err := exec.Command(path, args...).CombinedOutput(); err != nil {
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

// host adds a host; its name is short, as an interface has it.
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

// cut has the switch drop all that comes from the host or goes to it; join ends it.
func (h *host) cut()  { h.net.must("-n", h.net.switcher, "link", "set", h.name, "down") }
func (h *host) join() { h.net.must("-n", h.net.switcher, "link", "set", h.name, "up") }

// run runs a service on the host until the end of the test.
func (h *host) run(env map[string]string, service string) {
	t := h.net.t
	t.Helper()
	cmd := command(t, env, service)
	cmd.Args = append([]string{"ip", "netns", "exec", h.space()}, append([]string{cmd.Path}, cmd.Args[1:]...)...)
	path, err := exec.LookPath("ip")
	if err != nil {
		path = "/usr/sbin/ip"
	}
	cmd.Path = path
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
// thread was in when it was made.
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
	c := viewer.NewClient(true)
	transport := c.Transport.(*http.Transport)
	transport.DialContext = h.from(transport.DialContext)
	return c
}

// ask fetches a URL from the host.
func (h *host) ask(client *http.Client, url string) (http.Header, []byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, nil, err
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d: %.100s", res.StatusCode, b)
	}
	return res.Header, b, err
}

// awaitThat waits until what holds, at most limit.
func awaitThat(t *testing.T, limit time.Duration, what string, holds func() error) {
	t.Helper()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for deadline := time.Now().Add(limit); ; <-look.C {
		err := holds()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s: %v", what, limit, err)
		}
	}
}

// TestAHostThatIsCutOffIsNotMissed has the packagers, the proxy and its players on
// hosts of their own, and the switch drop every packet of the one that players are
// served from: nothing is refused, nothing answers (FAILURES.md, case 2).
func TestAHostThatIsCutOffIsNotMissed(t *testing.T) {
	n := newNetwork(t)
	one, two, front, home := n.host("one", 11), n.host("two", 12), n.host("front", 13), n.host("home", 14)
	env := settings(t)
	env["SERVER_ONE_PORT"], env["SERVER_TWO_PORT"] = "8080", "8080"
	env["PACKAGERS"] = one.url(8080) + "," + two.url(8080)
	with := func(more ...string) map[string]string {
		own := map[string]string{}
		for k, v := range env {
			own[k] = v
		}
		for i := 0; i < len(more); i += 2 {
			own[more[i]] = more[i+1]
		}
		return own
	}
	encoder := n.host("encoder", 15) // it has a disk in common with the packagers, no more
	encoder.run(with("STATE_PATH", filepath.Join(env["STATE_PATH"], "encoder")), "worker")
	for name, h := range map[string]*host{"server1": one, "server2": two} {
		h.run(with("PACKAGER_NAME", name, "PACKAGER_PORT", "8080", "CONTROL_BIND_ADDRESS", h.address), "packager")
	}
	front.run(with("PROXY_PORT", "8002", "PROXY_ADMIN", "public", "BIND_ADDRESS", front.address, "ORIGIN_URL", "none"), "proxy")

	asking := home.client()
	defer asking.CloseIdleConnections()
	list := front.url(8002) + "/live01/playlist.m3u8"
	active := func() (*host, error) {
		h, _, err := home.ask(asking, list)
		if err != nil {
			return nil, err
		}
		for _, p := range []*host{one, two} {
			if h.Get("X-Packager") == p.url(8080) {
				return p, nil
			}
		}
		return nil, fmt.Errorf("X-Packager is %q", h.Get("X-Packager"))
	}
	bothUp := func() error {
		_, b, err := home.ask(asking, front.url(8002)+"/metrics")
		if err != nil {
			return err
		}
		for _, p := range []*host{one, two} {
			if want := fmt.Sprintf(`proxy_packager_up{packager="%s",playlist="/live01/playlist.m3u8"} 1`, p.url(8080)); !slices.Contains(lines(b), want) {
				return fmt.Errorf("%s is not up", p.name)
			}
		}
		return nil
	}
	awaitThat(t, time.Minute, "on air", func() error {
		_, err := active()
		return errors.Join(err, bothUp())
	})

	ctx, leave := context.WithCancel(t.Context())
	var work sync.WaitGroup
	defer func() { leave(); work.Wait() }()
	var players []*viewer.Player
	ledger := new(viewer.Ledger)
	for i := range 20 {
		client := home.client()
		defer client.CloseIdleConnections()
		p, err := viewer.NewPlayer(viewer.PlayerOptions{
			Name: fmt.Sprint("player ", i), URL: list, Client: client, Pace: 0.8, StartDelay: time.Duration(i) * 100 * time.Millisecond, Ledger: ledger,
		})
		if err != nil {
			t.Fatal(err)
		}
		players = append(players, p)
		work.Go(func() { _ = p.Run(ctx) }) // nil by its contract
	}
	awaitThat(t, 30*time.Second, "every player plays", func() error {
		for _, p := range players {
			if s := p.Status(); s.State != event.ViewPlaying {
				return fmt.Errorf("%s is %s", s.Name, s.State)
			}
		}
		return nil
	})

	away, rounds := 8*time.Second, 1
	if soaking() {
		away, rounds = 20*time.Second, 3
	}
	for range rounds {
		cut, err := active()
		if err != nil {
			t.Fatal(err)
		}
		over := time.After(away)
		cut.cut()
		if err := dropped(front, cut.address+":8080"); err != nil {
			t.Error(err)
		}
		began := time.Now()
		awaitThat(t, 5*time.Second, "players are served by the other", func() error {
			if now, err := active(); err != nil || now == cut {
				return fmt.Errorf("still by %s: %w", cut.name, err)
			}
			return nil
		})
		t.Logf("%s cut off for %s; the other serves after %s", cut.name, away, time.Since(began).Round(time.Millisecond))
		<-over // as long as the fault lasts
		cut.join()
		awaitThat(t, 30*time.Second, "both are up again", bothUp)
	}
	var reports []viewer.PlayerReport
	for _, p := range players {
		reports = append(reports, p.Report())
	}
	wantClean(t, reports)
}

// dropped is nil when what a host sends to an address comes to nothing: no answer,
// and no refusal.
func dropped(from *host, address string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	c, err := from.from(new(net.Dialer).DialContext)(ctx, "tcp", address)
	if err == nil {
		c.Close()
		return fmt.Errorf("%s can be reached, though it is cut off", address)
	}
	if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("%s is not cut off without a word: %w", address, err)
	}
	return nil
}
