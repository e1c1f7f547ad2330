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

// launch puts a platform on air.
func launch(t *testing.T) *harness.Platform {
	t.Helper()
	p := harness.Launch(t, harness.Settings(t))
	p.AwaitOnAir(harness.Every...)
	return p
}

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

func TestNobodyWhoWatchesThePageMissesAPackager(t *testing.T) {
	p := launch(t)
	base := p.Base("PROXY_PORT")
	for _, s := range []size{desktop, phone} {
		t.Run(s.String(), func(t *testing.T) {
			p.Await(60*time.Second, "both packagers up", p.BothUp)
			b := open(t, base+"/", s, "dark", "")
			b.await(30*time.Second, "the picture moves", "noted.playing > 0 && document.getElementById('video').currentTime > 0")
			var ms float64
			b.eval("noted.playing", &ms)
			within(t, "the picture moves", time.Duration(ms)*time.Millisecond, 3*time.Second)
			if s == phone { // its stream of events goes on at another incarnation
				pid := p.Status("proxy").PID
				p.Ctl("upgrade")
				p.AwaitNext("proxy", pid)
				p.Await(60*time.Second, "both packagers up", p.BothUp)
				b.await(30*time.Second, "events come again", "document.body.dataset.link === 'true'")
			}
			b.awaitPlayed(3 * time.Second)

			active, err := p.Active()
			if err != nil {
				t.Fatal(err)
			}
			b.eval("noted.listed.length = 0", nil)
			pid := p.Status(active).PID
			killed := time.Now()
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			b.await(20*time.Second, "the failover is on the page", "noted.listed.length > 0")
			var listed []any
			b.eval("noted.listed[0]", &listed)
			within(t, "the failover is on the page", time.UnixMilli(int64(listed[0].(float64))).Sub(killed), time.Second)
			from, to := p.Env["SERVER_ONE_PORT"], p.Env["SERVER_TWO_PORT"]
			if active == "server2" {
				from, to = to, from
			}
			b.await(30*time.Second, "from where to where, and what it cost", fmt.Sprintf(
				"[...document.querySelectorAll('#events li')].some(n => Date.parse(n.firstChild.dateTime) >= %d && /live01: localhost:%s → localhost:%s.*connection refused; (no player was waiting|the longest wait of a player was)/s.test(n.innerText))",
				killed.UnixMilli(), from, to))
			b.await(10*time.Second, "it is marked in the plot", "document.querySelectorAll('#plot line.failover').length > 0")
			b.awaitPlayed(10 * time.Second) // more than was in its buffer
			if got := b.text("stalls"); got != "none" {
				t.Errorf("stalls: got %s, want none", got)
			}
			for _, id := range []string{"msn", "bitrate", "buffer", "latency", "rendition", "started"} {
				if got := b.text(id); got == "" || got == "–" {
					t.Errorf("%s: got %q, want a value", id, got)
				}
			}
			t.Logf("buffer %s, latency %s, bitrate %s, rendition %s", b.text("buffer"), b.text("latency"), b.text("bitrate"), b.text("rendition"))
			b.wantClean(base)
			p.AwaitNext(active, pid)
		})
	}
}

// noHLS is a browser for which hls.js is not built in.
const noHLS = `Object.defineProperty(globalThis, 'Hls', {get() {}, set() {}});`

func TestWithoutHLSJSTheBrowserPlaysAndThePageSaysSo(t *testing.T) {
	p := launch(t)
	base := p.Base("PROXY_PORT")
	b := open(t, base+"/watch/live01", desktop, "dark", noHLS)
	b.await(20*time.Second, "it says so", "!document.getElementById('notice').hidden && document.getElementById('notice').innerText.includes('without hls.js')")
	var can bool
	if b.eval("document.createElement('video').canPlayType('application/vnd.apple.mpegurl') !== ''", &can); !can {
		if got := b.text("state"); !strings.Contains(got, "cannot play HLS") {
			t.Errorf("state: got %q, want that this browser cannot play", got)
		}
		t.Log("this Chromium does not play HLS by itself")
		return
	}
	b.await(30*time.Second, "the picture moves", "noted.playing > 0")
	b.awaitPlayed(4 * time.Second)
	b.wantClean(base)
}

func TestTheBarePlayerPlaysInAFrameOfAnotherSiteAndThePageDoesNot(t *testing.T) {
	p := launch(t)
	base := p.Base("PROXY_PORT")
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(w, `<!doctype html><title>a site</title><iframe width=640 height=360 src="%s%s"></iframe>`, base, r.URL.Path)
	}))
	defer site.Close()
	embedded := open(t, site.URL+"/embed/live01", desktop, "dark", "")
	harness.Await(t, 30*time.Second, "segments in the frame", func() error {
		if n := len(embedded.asked(".m4s")); n < 4 {
			return fmt.Errorf("got %d requests for segments, want 4", n)
		}
		return nil
	})
	refused := open(t, site.URL+"/watch/live01", desktop, "dark", "")
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

func TestASignalThatIsNotOnAirIsWaitedFor(t *testing.T) {
	p := launch(t)
	b := open(t, p.Base("PROXY_PORT")+"/watch/later", desktop, "light", "")
	b.await(30*time.Second, "it is off air", "document.getElementById('light').innerText.toLowerCase().includes('off air') && document.getElementById('state').innerText.includes('later is not on air')")
	b.await(30*time.Second, "the other signal has its card", "document.querySelector('#signals a[href=\"/watch/live01\"]') !== null")
	b.eval("document.getElementById('signals').scrollIntoView(), ''", nil) // only what can be seen has a picture
	b.await(30*time.Second, "the other signal has its picture", "document.querySelector('#signals a[href=\"/watch/live01\"] [data-picture=drawn]') !== null")
	b.run(chromedp.Click(`#signals a[href="/watch/live01"]`, chromedp.ByQuery))
	b.await(30*time.Second, "the other signal plays", "location.pathname === '/watch/live01' && noted.playing > 0")
}
