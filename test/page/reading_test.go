package page

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// contrast finds text whose contrast to what lies behind it is below 4.5, or below 3 for
// large text (WCAG 2, 1.4.3). Text over the picture is held against black and white.
const contrast = `
(() => {
  const parse = c => { const m = c.match(/[\d.]+/g).map(Number); return m.length > 3 ? m : [...m, 1]; };
  const over = (a, b) => [0, 1, 2].map(i => a[i] * a[3] + b[i] * (1 - a[3]));
  const light = c => c.map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4).reduce((s, v, i) => s + v * [.2126, .7152, .0722][i], 0);
  const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + .05) / (y + .05); };
  const behind = (n, base) => {
    const layers = [];
    for (; n && n.nodeType === 1; n = n.parentElement) {
      if (n.classList.contains('stage')) break;
      layers.push(parse(getComputedStyle(n).backgroundColor));
    }
    return layers.reverse().reduce((b, l) => over(l, b), base);
  };
  const bad = [];
  let seen = 0;
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let t; t = walk.nextNode();) {
    const n = t.parentElement, s = getComputedStyle(n), box = n.getBoundingClientRect();
    if (!t.data.trim() || !box.width || s.visibility === 'hidden' || n.closest('script, noscript, [hidden], .unseen')) continue;
    seen++;
    const svg = n instanceof SVGElement, size = parseFloat(s.fontSize);
    const large = size >= 24 || size >= 18.66 && s.fontWeight >= 700;
    const bases = n.closest('.stage') ? [[0, 0, 0], [255, 255, 255]] : [[255, 255, 255]];
    for (const base of bases) {
      const back = behind(n, base), r = ratio(over(parse(svg ? s.fill : s.color), back), back);
      if (r < (large ? 3 : 4.5)) bad.push(r.toFixed(2) + ': ' + t.data.trim().slice(0, 40));
    }
  }
  return {seen, bad};
})()`

// layout finds what does not fit the window, and what is too small for a finger.
const layout = `
[...(document.documentElement.scrollWidth > innerWidth ? ['the page is ' + document.documentElement.scrollWidth + ' wide'] : []),
 ...[...document.querySelectorAll('button')].filter(n => n.offsetParent && n.getBoundingClientRect().height < 44).map(n => 'small: ' + n.innerText),
 ...[...document.querySelectorAll('button, a')].filter(n => n.offsetParent && n.tabIndex < 0).map(n => 'not for the keyboard: ' + n.innerText)]`

// named are the roles that mean nothing without a name.
var named = []string{"button", "link", "Video", "image", "img", "heading", "navigation", "region", "group", "RootWebArea", "dialog", "textbox", "checkbox"}

// axValue is a value of the accessibility tree.
type axValue struct {
	Value any `json:"value"`
}

// unnamed are the parts of the page that a screen reader has no name for, and the count of
// those that were looked at.
func (b *browser) unnamed() (list []string, seen int) {
	b.t.Helper()
	b.run(chromedp.ActionFunc(func(ctx context.Context) error {
		var tree struct {
			Nodes []struct {
				Ignored bool    `json:"ignored"`
				Role    axValue `json:"role"`
				Name    axValue `json:"name"`
			} `json:"nodes"`
		}
		// Not accessibility.GetFullAXTree: it knows no reasons of newer browsers.
		err := cdp.Execute(ctx, "Accessibility.getFullAXTree", nil, &tree)
		for _, n := range tree.Nodes {
			if role, _ := n.Role.Value.(string); !n.Ignored && slices.Contains(named, role) {
				seen++
				if name, _ := n.Name.Value.(string); strings.TrimSpace(name) == "" {
					list = append(list, role)
				}
			}
		}
		return err
	}))
	return list, seen
}

// everybodyCanReadAndOperateIt looks at each document in both schemes at both sizes.
func everybodyCanReadAndOperateIt(t *testing.T, g *stage) {
	for path, there := range map[string]string{
		"/watch/nosuch": "document.getElementById('state').innerText.includes('not on air')",
		"/watch/live01": "noted.playing > 0 && document.querySelector('#events li') && document.querySelector('#signals li') && document.querySelector('#packagers li[data-state]') && true",
		"/embed/live01": "noted.playing > 0",
	} {
		t.Run(path, func(t *testing.T) { g.open(t, g.base+path, desktop, "dark", "").wantReadable(there) })
	}
}

// wantReadable waits for a script to be true, and fails where somebody could not read or
// operate the document, in either scheme at either size.
func (b *browser) wantReadable(there string) {
	b.t.Helper()
	b.await(60*time.Second, there, there)
	for _, s := range []size{phone, desktop} {
		for _, scheme := range []string{"light", "dark"} {
			b.run(chromedp.EmulateViewport(int64(s.w), int64(s.h)), inScheme(scheme))
			b.eval("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))", nil) // it is drawn anew
			how := scheme + " " + s.String()
			if list, seen := b.unnamed(); len(list) > 0 || seen < 6 {
				b.t.Errorf("%s: without a name, of %d: %v", how, seen, list)
			}
			var is struct{ Scheme, Size bool }
			b.eval(fmt.Sprintf("({scheme: matchMedia('(prefers-color-scheme: %s)').matches, size: innerWidth === %d})", scheme, s.w), &is)
			if !is.Scheme || !is.Size {
				b.t.Errorf("%s: the document is not shown so", how)
			}
			var got struct {
				Seen int
				Bad  []string
			}
			if b.eval(contrast, &got); len(got.Bad) > 0 || got.Seen < 4 {
				b.t.Errorf("%s: contrast, of %d texts: %q", how, got.Seen, got.Bad)
			}
			var wrong []string
			if b.eval(layout, &wrong); len(wrong) > 0 {
				b.t.Errorf("%s: layout: %q", how, wrong)
			}
		}
	}
}

func keys(t *testing.T, g *stage) {
	b := g.open(t, g.base+"/watch/live01", desktop, "dark", "")
	b.await(30*time.Second, "the picture moves", "noted.playing > 0")
	is := func(what, script string) {
		t.Helper()
		b.await(10*time.Second, what, script)
	}
	b.run(chromedp.KeyEvent("k"))
	is("K pauses", "video.paused && document.getElementById('state').innerText === 'Paused' && document.getElementById('play').innerText === 'Play'")
	b.run(chromedp.KeyEvent("k"))
	is("K plays", "!video.paused")
	b.run(chromedp.KeyEvent("m"))
	is("M turns sound on", "!video.muted && !video.paused && document.getElementById('sound').getAttribute('aria-pressed') === 'true' && document.getElementById('sound-first').hidden")
	b.run(chromedp.KeyEvent("f"))
	is("F is full screen", "document.fullscreenElement?.id === 'stage'")
	b.run(chromedp.KeyEvent("f"))
	is("F leaves it", "!document.fullscreenElement")
	b.run(chromedp.Focus("#play", chromedp.ByQuery), chromedp.KeyEvent(kb.Enter))
	is("a button by the keyboard", "video.paused")
}
