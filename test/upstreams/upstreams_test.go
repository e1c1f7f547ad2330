package upstreams

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"livestream-tui/test/harness"
)

// Real packagers, real players. Each kind of upstream runs twice with the same pictures:
// behind the proxy, and behind a plain nginx with a backup. Players watch both at the
// same time, and halfway the packager in use is killed. The proxy must never show less
// than nginx.

const (
	// beforeKill and afterKill are how long players play around the kill.
	beforeKill, afterKill = 8 * time.Second, 13 * time.Second
	// beginWithin is how long players may take to show a picture before the test
	// goes on without them.
	beginWithin = 12 * time.Second
	// fewerFrames and longerStall are what a machine with two cores causes by itself.
	fewerFrames = camRate * 7 / 10
	longerStall = 700 * time.Millisecond
)

// wholeUpstreams reports whether to try every kind with every player.
func wholeUpstreams() bool { return harness.Soaking() || os.Getenv("UPSTREAMS") != "" }

func TestUpstreams(t *testing.T) {
	kinds, players := upstreamKinds, []string{"ffmpeg", "hls.js"}
	if !wholeUpstreams() {
		kinds, players = nil, players[:1]
		for _, k := range upstreamKinds {
			if k.always {
				kinds = append(kinds, k)
			}
		}
	}
	var mu sync.Mutex
	rows := map[string][]upstreamRow{}
	t.Run("kinds", func(t *testing.T) {
		for _, k := range kinds {
			t.Run(k.name, func(t *testing.T) {
				t.Parallel()
				made := tryUpstream(t, k, players)
				mu.Lock()
				defer mu.Unlock()
				rows[k.name] = made
			})
		}
	})
	var table strings.Builder
	table.WriteString("| upstream | player | nginx with a backup | proxy |\n|---|---|---|---|\n")
	for _, k := range kinds {
		for _, r := range rows[k.name] {
			fmt.Fprintf(&table, "| %s | %s | %s | %s |\n", k.name, r.player, r.nginx, r.proxy)
		}
	}
	t.Logf("frames shown of frames sent, longest standstill\n\n%s", &table)
}

// upstreamRow is what one player showed of one kind, through either front.
type upstreamRow struct {
	player       string
	nginx, proxy showing
}

// tryUpstream plays one kind through both fronts and kills a packager of each.
func tryUpstream(t *testing.T, k upstreamKind, players []string) []upstreamRow {
	c := newCamera(t)
	behindNginx, behindProxy := newUpstream(t, k, c, "nginx"), newUpstream(t, k, c, "proxy")
	behindNginx.start()
	behindProxy.start()
	c.roll()
	behindNginx.awaitReady()
	behindProxy.awaitReady()
	nginx, proxy := nginxFront(t, behindNginx), proxyFront(t, behindProxy)

	starved := measureStarvation()
	playing := map[string]onlookers{}
	for _, player := range players {
		switch player {
		case "ffmpeg":
			playing[player] = watchWithFFmpeg(t, nginx+k.playlist, proxy+k.playlist)
		case "hls.js":
			playing[player] = watchWithBrowser(t, nginx+k.playlist, proxy+k.playlist)
		}
	}
	harness.Within(beginWithin, func() bool {
		for _, w := range playing {
			for _, s := range w.look() {
				if len(s.seen) == 0 {
					return false
				}
			}
		}
		return true
	})
	<-time.After(beforeKill) // the length of the play, not a wait for something
	t.Logf("killed %s behind nginx, %s behind the proxy", behindNginx.killActive(nginx), behindProxy.killActive(proxy))
	if k.restarts {
		<-time.After(time.Second) // as a supervisor waits
		behindNginx.start()
		behindProxy.start()
	}
	<-time.After(afterKill)

	by := starved()
	t.Logf("the machine kept the test from running for %s, %s at a time", by.sum.Round(time.Millisecond), by.longest.Round(time.Millisecond))
	var rows []upstreamRow
	for _, player := range players {
		both := playing[player].stop()
		r := upstreamRow{player, both[0].judge(), both[1].judge()}
		t.Logf("%s: nginx %s; proxy %s", player, r.nginx, r.proxy)
		for _, of := range []struct {
			front string
			showing
		}{{"nginx", r.nginx}, {"the proxy", r.proxy}} {
			for _, complaint := range of.complaints {
				t.Logf("%s through %s: %s", player, of.front, complaint)
			}
		}
		for _, worse := range r.proxy.worseThan(r.nginx, by) {
			t.Errorf("%s through the proxy: %s", player, worse)
		}
		rows = append(rows, r)
	}
	return rows
}
