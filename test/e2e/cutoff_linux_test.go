package e2e

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"livestream-tui/test/harness"
)

// TestAHostThatIsCutOffIsNotMissed puts the packagers, the proxy and its players on
// hosts of their own. The switch then drops every packet of the packager in use:
// nothing is refused, nothing answers (FAILURES.md, "A host does not answer at all").
func TestAHostThatIsCutOffIsNotMissed(t *testing.T) {
	harness.Parallel(t)
	n := newNetwork(t)
	one, two, front, home := n.host("one", 11), n.host("two", 12), n.host("front", 13), n.host("home", 14)
	env := harness.Settings(t)
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
	encoder := n.host("encoder", 15) // it shares a disk with the packagers, and nothing else
	encoder.run(with("STATE_PATH", filepath.Join(env["STATE_PATH"], "encoder")), "worker")
	for name, h := range map[string]*host{"server1": one, "server2": two} {
		h.run(with("PACKAGER_NAME", name, "PACKAGER_PORT", "8080", "CONTROL_BIND_ADDRESS", h.address), "packager")
	}
	front.run(with("PROXY_PORT", "8002", "PROXY_ADMIN", "public", "BIND_ADDRESS", front.address, "ORIGIN_URL", "none"), "proxy")

	asking := home.client()
	defer asking.CloseIdleConnections()
	list := front.url(8002) + "/live01/playlist.m3u8"
	active := func() (*host, error) {
		h, _, err := harness.Fetch(asking, list)
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
	bothUp := func() error { return harness.Up(asking, front.url(8002), one.url(8080), two.url(8080)) }
	harness.Await(t, time.Minute, "on air", func() error {
		_, err := active()
		return errors.Join(err, bothUp())
	})

	players := harness.Gather(t, list, 20, home.client)
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
		cut.cut()
		if err := dropped(front, cut.address+":8080"); err != nil {
			t.Error(err)
		}
		began := time.Now()
		harness.Await(t, 5*time.Second, "players are served by the other", func() error {
			if now, err := active(); err != nil || now == cut {
				return fmt.Errorf("still by %s: %w", cut.name, err)
			}
			return nil
		})
		t.Logf("%s cut off for %s; the other serves after %s", cut.name, away, time.Since(began).Round(time.Millisecond))
		<-over // as long as the fault lasts
		cut.join()
		harness.Await(t, 30*time.Second, "both are up again", bothUp)
	}
	harness.WantClean(t, players.Leave())
}

// dropped is nil when a connection from a host to an address is neither answered nor
// refused.
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
