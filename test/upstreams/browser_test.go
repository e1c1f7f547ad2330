package upstreams

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"livestream-tui/test/harness"

	"github.com/chromedp/chromedp"
)

// browserWatch is hls.js in Chromium, with a video element per URL.
type browserWatch struct {
	t    *testing.T
	tab  context.Context
	urls int
	from time.Time
}

// watchPage plays each URL and notes the number in each picture that is drawn.
var watchPage = fmt.Sprintf(`<!doctype html><title>players</title><body><script src=/hls.js></script><script>
const W = %d, H = %d, BITS = %d;
function number(d) {
  let n = 0;
  for (let i = 0; i < BITS; i++) {
    const x = Math.floor((i + 0.5) * W / BITS);
    const up = d[((H / 4 | 0) * W + x) * 4] > 127, down = d[((3 * H / 4 | 0) * W + x) * 4] > 127;
    if (up === down) return -1;
    n = n * 2 + (up ? 1 : 0);
  }
  return n;
}
const players = new URLSearchParams(location.search).getAll('url').map(url => {
  const v = document.createElement('video'), p = {seen: [], complaints: [], ended: ''};
  const c = new OffscreenCanvas(W, H).getContext('2d', {willReadFrequently: true});
  v.muted = v.autoplay = true; v.width = W;
  document.body.append(v);
  const hls = new Hls({lowLatencyMode: false});
  hls.on(Hls.Events.ERROR, (_, d) => {
    const text = d.type + ' ' + d.details + ' ' + (d.error ? d.error.message : '') + (d.response ? ' ' + d.response.code : '');
    p.complaints.push(text.slice(0, 160).replaceAll('\n', ' '));
    if (d.fatal) p.ended = p.complaints.at(-1);
  });
  hls.loadSource(url);
  hls.attachMedia(v);
  v.requestVideoFrameCallback(function see() {
    c.drawImage(v, 0, 0, W, H);
    p.seen.push([Date.now(), number(c.getImageData(0, 0, W, H).data)]);
    v.requestVideoFrameCallback(see);
  });
  return p;
});
</script>`, camWidth, camHeight, camBits)

func watchWithBrowser(t *testing.T, urls ...string) onlookers {
	t.Helper()
	tab, shut, err := harness.OpenPage(t.Context(), watchPage, "url="+strings.Join(urls, "&url="))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(shut)
	return &browserWatch{t: t, tab: tab, urls: len(urls), from: time.Now()}
}

func (w *browserWatch) look() []spectacle {
	var told []struct {
		Seen       [][2]int64
		Complaints []string
		Ended      string
	}
	if err := chromedp.Run(w.tab, chromedp.Evaluate("players", &told)); err != nil {
		w.t.Fatalf("chromium: %v", err)
	}
	list := make([]spectacle, w.urls)
	for i, p := range told {
		list[i] = spectacle{from: w.from, to: time.Now(), complaints: p.Complaints, ended: p.Ended, samples: true}
		for _, s := range p.Seen {
			list[i].seen = append(list[i].seen, sighting{time.UnixMilli(s[0]), int(s[1])})
		}
	}
	return list
}

func (w *browserWatch) stop() []spectacle { return w.look() }
