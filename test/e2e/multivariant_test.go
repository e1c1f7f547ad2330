package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"livestream-tui/test/harness"
)

// reportingPage plays with hls.js, which reports by CMCD.
const reportingPage = `<!doctype html><video id="v" muted></video><script src="/hls.js"></script><script>
const v = document.getElementById('v'), errors = [];
const hls = new Hls({cmcd: {contentId: 'live01', useHeaders: new URLSearchParams(location.search).get('how') === 'header'}});
hls.on(Hls.Events.ERROR, (_, e) => errors.push(e.type + ' ' + e.details));
hls.on(Hls.Events.MANIFEST_PARSED, () => v.play());
hls.loadSource(new URLSearchParams(location.search).get('url'));
hls.attachMedia(v);
const report = () => ({errors, at: v.currentTime, levels: hls.levels.map(l => [l.videoCodec, l.audioCodec, l.width, l.height, l.frameRate, l.bitrate].join(' '))});
</script>`

// fetched is the body of a URL.
func fetched(url string) (string, error) {
	client := http.Client{Timeout: 10 * time.Second}
	res, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d: %s", res.StatusCode, b)
	}
	return string(b), err
}

// hls.js plays the multivariant playlist in Chromium, with its reports in the query and in
// the header. It does not notice that a packager dies, and each player is counted once.
func TestPlayersOfTheMultivariantPlaylistAreCountedAndDoNotNoticeAFailover(t *testing.T) {
	harness.Parallel(t)
	env := harness.Settings(t)
	env["PROXY_ADMIN"] = "public"
	p := harness.Launch(t, env)
	p.AwaitOnAir(harness.Every...)
	master := strings.Replace(p.PlaylistURL(), "playlist.m3u8", "master.m3u8", 1)
	before, err := fetched(master)
	if err != nil {
		t.Fatal(err)
	}
	for _, attribute := range []string{"CODECS=\"avc1.", "RESOLUTION=", "FRAME-RATE=", "AVERAGE-BANDWIDTH="} {
		if !strings.Contains(before, attribute) {
			t.Errorf("got %s, want %s", before, attribute)
		}
	}
	var tabs []context.Context
	for _, how := range []string{"query", "header"} {
		tab, shut, err := harness.OpenPage(t.Context(), reportingPage, "how="+how+"&url="+master)
		if err != nil {
			t.Fatal(err)
		}
		defer shut()
		tabs = append(tabs, tab)
	}
	type state struct {
		Errors, Levels []string
		At             float64
	}
	look := func(tab context.Context) (s state) {
		if err := chromedp.Run(tab, chromedp.Evaluate("report()", &s)); err != nil {
			t.Fatal(err)
		}
		return s
	}
	awaitPlayed := func(more float64) {
		for _, tab := range tabs {
			from := look(tab)
			p.Await(60*time.Second, "the browser plays", func() error {
				if s := look(tab); s.At < from.At+more {
					return fmt.Errorf("at %v, was at %v; errors %v", s.At, from.At, s.Errors)
				}
				return nil
			})
		}
	}
	awaitPlayed(4)
	active, err := p.Active()
	if err != nil {
		t.Fatal(err)
	}
	p.Kill(active)
	awaitPlayed(6)
	for _, tab := range tabs {
		if s := look(tab); len(s.Errors) > 0 || len(s.Levels) != 1 || !strings.HasPrefix(s.Levels[0], "avc1.") {
			t.Errorf("got %+v, want one level with its codecs and no error", s)
		}
	}
	if after, err := fetched(master); err != nil || after != before {
		t.Errorf("got %s, %v after the failover, want %s", after, err, before)
	}
	wantTwoPlayers(t, p)
	p.Await(20*time.Second, "the audience is in the status", func() error {
		if status := p.Ctl("status", "--json"); !strings.Contains(status, `"audiences"`) {
			return errors.New("no audience")
		}
		return nil
	})
}

// wantTwoPlayers fails the test unless the proxy has counted two players of live01.
func wantTwoPlayers(t *testing.T, p *harness.Platform) {
	t.Helper()
	text, err := fetched(p.Base("PROXY_PORT") + "/audience")
	var audience struct {
		Sessions   int
		Renditions []struct {
			Signal   string
			Stalls   int
			BufferMS int64 `json:"buffer_ms"`
		}
	}
	if err != nil || json.Unmarshal([]byte(text), &audience) != nil {
		t.Fatalf("got %s, %v", text, err)
	}
	if audience.Sessions != 2 || len(audience.Renditions) != 1 || audience.Renditions[0].Signal != "live01" || audience.Renditions[0].BufferMS <= 0 {
		t.Errorf("got %s, want the two players of live01, with their buffers", text)
	}
}
