package page

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"livestream-tui/test/harness"
)

// within logs a time, and one over its limit as such. Ten times the limit is a failure: the
// machine may be busy.
func within(t *testing.T, what string, took, limit time.Duration) {
	t.Helper()
	switch {
	case took > 10*limit:
		t.Errorf("%s after %s, want %s at most", what, took, limit)
	case took > limit:
		t.Logf("%s after %s, over the limit of %s: a busy machine?", what, took, limit)
	default:
		t.Logf("%s after %s", what, took)
	}
}

// TestThePage runs its tests beside each other on one platform: they wait more than they
// work. Only one of them kills what runs there, and no other notices.
func TestThePage(t *testing.T) {
	t.Parallel()
	g := launch(t)
	for _, c := range []struct {
		name string
		test func(*testing.T, *stage)
	}{
		{"nobody who watches misses a packager", nobodyWhoWatchesMissesAPackager}, // the longest comes first
		{"everybody can read and operate it", everybodyCanReadAndOperateIt},
		{"without hls.js the browser plays, and the page says so", withoutHLSJSTheBrowserPlays},
		{"the bare player plays in a frame of another site, and the page does not", theBarePlayerPlaysInAFrame},
		{"a signal that is not on air is waited for", aSignalThatIsNotOnAirIsWaitedFor},
		{"nothing is on air", nothingIsOnAir},
		{"keys", keys},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, g)
		})
	}
}

// nobodyWhoWatchesMissesAPackager watches at both sizes while packagers are killed, before
// and after an upgrade of the proxy.
func nobodyWhoWatchesMissesAPackager(t *testing.T, g *stage) {
	g.Await(60*time.Second, "both packagers up", g.BothUp)
	var all []*browser
	for _, s := range []size{desktop, phone} {
		b := g.open(t, g.base+"/", s, "dark", "")
		b.await(30*time.Second, "the picture moves", "noted.playing > 0 && document.getElementById('video').currentTime > 0")
		var ms float64
		b.eval("noted.playing", &ms)
		within(t, s.String()+": the picture moves", time.Duration(ms)*time.Millisecond, 3*time.Second)
		all = append(all, b)
	}
	playedMore(all, 3*time.Second)()
	played := g.killActive(t, all)
	pid := g.Status("proxy").PID
	g.Ctl("upgrade")
	g.AwaitNext("proxy", pid) // the streams of events go on at another incarnation
	g.Await(60*time.Second, "both packagers up", g.BothUp)
	for _, b := range all {
		b.await(30*time.Second, "events come again", "document.body.dataset.link === 'true'")
	}
	played()
	g.killActive(t, all)()
	for _, b := range all {
		for _, id := range []string{"msn", "bitrate", "buffer", "latency", "rendition", "started"} {
			if got := b.text(id); got == "" || got == "–" {
				t.Errorf("%s: got %q, want a value", id, got)
			}
		}
		// Those who watch are counted, by their own reports. Others on this platform may be too.
		b.await(10*time.Second, "the audience", "/^([2-9]|\\d\\d) players, /.test(document.getElementById('audience').innerText)")
		var audience struct {
			Renditions []struct {
				LatencyMS float64 `json:"latency_ms"`
			}
		}
		b.eval("fetch('/audience').then(r => r.json())", &audience)
		if list := audience.Renditions; len(list) != 1 || list[0].LatencyMS < 1000 {
			t.Errorf("the proxy's audience: got %+v, want a latency of more than a second", list)
		}
		t.Logf("buffer %s, latency %s, bitrate %s, rendition %s, audience %s", b.text("buffer"), b.text("latency"), b.text("bitrate"), b.text("rendition"), b.text("audience"))
		b.wantClean(g.base)
	}
}

// killActive kills the packager that serves, and awaits it back. All who watch see it on the
// page. played waits until none of them can have missed it in the picture.
func (g *stage) killActive(t *testing.T, all []*browser) (played func()) {
	t.Helper()
	active, err := g.Active()
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range all {
		b.eval("noted.listed.length = 0", nil)
	}
	pid := g.Status(active).PID
	killed := time.Now()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	from, to := g.Env["SERVER_ONE_PORT"], g.Env["SERVER_TWO_PORT"]
	if active == "server2" {
		from, to = to, from
	}
	for _, b := range all {
		b.await(20*time.Second, "the failover is on the page", "noted.listed.length > 0")
		var listed []any
		b.eval("noted.listed[0]", &listed)
		within(t, "the failover is on the page", time.UnixMilli(int64(listed[0].(float64))).Sub(killed), time.Second)
		b.await(30*time.Second, "from where to where, and what it cost", fmt.Sprintf(
			"[...document.querySelectorAll('#events li')].some(n => Date.parse(n.firstChild.dateTime) >= %d && /live01: localhost:%s → localhost:%s.*connection refused; (no player was waiting|the longest wait of a player was)/s.test(n.innerText))",
			killed.UnixMilli(), from, to))
		b.await(10*time.Second, "it is marked in the plot", "document.querySelectorAll('#plot line.failover').length > 0")
	}
	awaited := playedMore(all, 10*time.Second) // more than was in their buffers
	g.AwaitNext(active, pid)
	g.Await(60*time.Second, "both packagers up", g.BothUp)
	return func() {
		t.Helper()
		awaited()
		for _, b := range all {
			if got := b.text("stalls"); got != "none" {
				t.Errorf("stalls: got %s, want none", got)
			}
		}
	}
}

// nativeHLS is whether a browser plays HLS by itself.
const nativeHLS = "document.createElement('video').canPlayType('application/vnd.apple.mpegurl') !== ''"

// noHLS is a browser for which hls.js is not built in.
const noHLS = `Object.defineProperty(globalThis, 'Hls', {get() {}, set() {}});`

func withoutHLSJSTheBrowserPlays(t *testing.T, g *stage) {
	b := g.open(t, g.base+"/watch/live01", desktop, "dark", noHLS)
	b.await(20*time.Second, "it says so", "!document.getElementById('notice').hidden && document.getElementById('notice').innerText.includes('without hls.js')")
	var can bool
	if b.eval(nativeHLS, &can); !can {
		if got := b.text("state"); !strings.Contains(got, "cannot play HLS") {
			t.Errorf("state: got %q, want that this browser cannot play", got)
		}
		t.Log("this Chromium does not play HLS by itself")
		return
	}
	b.await(30*time.Second, "the picture moves", "noted.playing > 0")
	b.awaitPlayed(4 * time.Second)
	if len(b.asked("/cmcd")) == 0 {
		t.Error("nothing reports for the browser, which does not report by itself")
	}
	b.wantClean(g.base)
}

// siteWith is a page of another site with a frame of a URL. Its name is another than that of
// the proxy: a port makes no other site.
func siteWith(t *testing.T, url string) string {
	t.Helper()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(w, `<!doctype html><title>a site</title><iframe width=640 height=360 src="%s"></iframe>`, url)
	}))
	t.Cleanup(site.Close)
	return strings.Replace(site.URL, "127.0.0.1", "localhost", 1)
}

func theBarePlayerPlaysInAFrame(t *testing.T, g *stage) {
	embedded := g.open(t, siteWith(t, g.base+"/embed/live01"), desktop, "dark", "")
	embedded.awaitAsked(4, ".m4s")
	refused := g.open(t, siteWith(t, g.base+"/watch/live01"), desktop, "dark", "")
	harness.Await(t, 30*time.Second, "the page refuses the frame", func() error {
		refused.mu.Lock()
		defer refused.mu.Unlock()
		if !strings.Contains(strings.Join(refused.complaints, "\n"), "frame-ancestors") {
			return fmt.Errorf("got %q", refused.complaints)
		}
		return nil
	})
	if list := refused.asked(".m4s"); len(list) > 0 {
		t.Errorf("the page plays in the frame: %v", list)
	}
}

func aSignalThatIsNotOnAirIsWaitedFor(t *testing.T, g *stage) {
	b := g.open(t, g.base+"/watch/later", desktop, "light", "")
	b.await(30*time.Second, "it is off air", "document.getElementById('light').innerText.toLowerCase().includes('off air') && document.getElementById('state').innerText.includes('later is not on air')")
	b.await(30*time.Second, "the other signal has its card", "document.querySelector('#signals a[href=\"/watch/live01\"]') !== null")
	b.eval("document.getElementById('signals').scrollIntoView(), ''", nil) // only what can be seen has a picture
	b.await(30*time.Second, "the other signal has its picture", "document.querySelector('#signals a[href=\"/watch/live01\"] [data-picture=drawn]') !== null")
	b.run(chromedp.Click(`#signals a[href="/watch/live01"]`, chromedp.ByQuery))
	b.await(30*time.Second, "the other signal plays", "location.pathname === '/watch/live01' && noted.playing > 0")
}

// silence is a proxy that knows no signal.
const silence = `globalThis.EventSource = class extends EventTarget {
  constructor() { super(); setTimeout(() => this.dispatchEvent(new MessageEvent('facts', {data: '{"now_ms":1,"signals":[]}'})), 10); }
  close() {}
};`

func nothingIsOnAir(t *testing.T, g *stage) {
	b := g.open(t, g.base+"/", desktop, "dark", silence)
	b.wantReadable("document.getElementById('light').innerText.toLowerCase().includes('off air') && document.getElementById('state').innerText.includes('No signal is on air')")
}
