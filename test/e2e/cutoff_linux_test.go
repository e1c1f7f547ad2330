package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"livestream-tui/test/harness"
	"livestream-tui/test/network"
)

// host is one with one address.
type host struct {
	t *testing.T
	*network.Host
	*network.Link
}

// run runs a service on the host until the end of the test.
func (h *host) run(env map[string]string, service string) {
	t := h.t
	t.Helper()
	cmd := h.Put(harness.Command(t, env, service))
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
			t.Errorf("%s on %s: %v", service, h.Name, err)
		}
		if t.Failed() {
			t.Logf("%s on %s said:\n%s", service, h.Name, &said)
		}
	})
}

// TestAHostThatIsCutOffIsNotMissed puts the packagers, the proxy and its players on
// hosts of their own. The switch then drops every packet of the packager in use:
// nothing is refused, nothing answers (FAILURES.md, "A host does not answer at all").
func TestAHostThatIsCutOffIsNotMissed(t *testing.T) {
	harness.Parallel(t)
	n := network.New(t)
	hub := n.Switch("hub", 1)
	plug := func(name string, number int) *host {
		h := n.Host(name)
		return &host{t, h, h.Plug(hub, number)}
	}
	one, two, front, home := plug("one", 11), plug("two", 12), plug("front", 13), plug("home", 14)
	env := harness.Settings(t)
	env["SERVER_ONE_PORT"], env["SERVER_TWO_PORT"] = "8080", "8080"
	env["PACKAGERS"] = one.URL(8080) + "," + two.URL(8080)
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
	encoder := plug("encoder", 15) // it shares a disk with the packagers, and nothing else
	encoder.run(with("STATE_PATH", filepath.Join(env["STATE_PATH"], "encoder")), "worker")
	for name, h := range map[string]*host{"server1": one, "server2": two} {
		h.run(with("PACKAGER_NAME", name, "PACKAGER_PORT", "8080", "CONTROL_BIND_ADDRESS", h.Address), "packager")
	}
	front.run(with("PROXY_PORT", "8002", "PROXY_ADMIN", "public", "BIND_ADDRESS", front.Address, "ORIGIN_URL", "none"), "proxy")

	asking := home.Client()
	defer asking.CloseIdleConnections()
	list := front.URL(8002) + "/live01/playlist.m3u8"
	active := func() (*host, error) {
		h, _, err := harness.Fetch(asking, list)
		if err != nil {
			return nil, err
		}
		for _, p := range []*host{one, two} {
			if h.Get("X-Packager") == p.URL(8080) {
				return p, nil
			}
		}
		return nil, fmt.Errorf("X-Packager is %q", h.Get("X-Packager"))
	}
	bothUp := func() error { return harness.Up(asking, front.URL(8002), one.URL(8080), two.URL(8080)) }
	harness.Await(t, time.Minute, "on air", func() error {
		_, err := active()
		return errors.Join(err, bothUp())
	})

	players := harness.Gather(t, list, 20, home.Client)
	away, rounds := 8*time.Second, 1
	if harness.Soaking() {
		away, rounds = 20*time.Second, 3
	}
	for range rounds {
		cut, err := active()
		if err != nil {
			t.Fatal(err)
		}
		over := time.After(away)
		cut.Cut()
		if err := dropped(front, cut.Address+":8080"); err != nil {
			t.Error(err)
		}
		began := time.Now()
		harness.Await(t, 5*time.Second, "players are served by the other", func() error {
			if now, err := active(); err != nil || now == cut {
				return fmt.Errorf("still by %s: %w", cut.Name, err)
			}
			return nil
		})
		t.Logf("%s cut off for %s; the other serves after %s", cut.Name, away, time.Since(began).Round(time.Millisecond))
		<-over // as long as the fault lasts
		cut.Join()
		harness.Await(t, 30*time.Second, "both are up again", bothUp)
	}
	harness.WantClean(t, players.Leave())
}

// dropped is nil when a connection from a host to an address is neither answered nor
// refused.
func dropped(from *host, address string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	c, err := from.Dialer(new(net.Dialer).DialContext)(ctx, "tcp", address)
	if err == nil {
		c.Close()
		return fmt.Errorf("%s can be reached, though it is cut off", address)
	}
	if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("%s is not cut off without a word: %w", address, err)
	}
	return nil
}
