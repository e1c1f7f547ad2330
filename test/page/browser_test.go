package page

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"livestream-tui/test/harness"
)

// size is the size of a window, in CSS pixels.
type size struct{ w, h int }

func (s size) String() string { return fmt.Sprintf("%dx%d", s.w, s.h) }

// desktop and phone are the sizes that the page is tested at.
var desktop, phone = size{1280, 800}, size{390, 844}

// browser is one tab, with everything that it complained of and asked for.
type browser struct {
	t   *testing.T
	tab context.Context

	mu         sync.Mutex
	complaints []string // guarded by mu
	requests   []string // URLs; guarded by mu
}

// watched runs in each page before its own scripts. It notes when the picture first moved,
// and when each failover was listed, in ms since 1970.
const watched = `
globalThis.noted = {playing: 0, listed: []};
document.addEventListener('playing', () => { noted.playing ||= performance.now() }, true);
document.addEventListener('DOMContentLoaded', () => {
  const list = document.getElementById('events');
  if (list) new MutationObserver(all => {
    for (const m of all) for (const n of m.addedNodes) if (n.nodeName === 'LI') noted.listed.push([Date.now(), n.innerText]);
  }).observe(list, {childList: true});
});`

// open opens a URL in a browser of its own. scheme is dark or light; extra runs in each
// page before its own scripts.
func open(t *testing.T, url string, s size, scheme, extra string) *browser {
	t.Helper()
	tab, shut, err := harness.OpenTab(t.Context(), s.w, s.h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(shut)
	b := &browser{t: t, tab: tab}
	chromedp.ListenTarget(tab, b.note)
	b.run(
		log.Enable(), network.Enable(), runtime.Enable(),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
		chromedp.ActionFunc(func(ctx context.Context) error {
			_, err := page.AddScriptToEvaluateOnNewDocument(watched + extra).Do(ctx)
			return err
		}),
		chromedp.Navigate(url),
	)
	return b
}

func (b *browser) note(e any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := e.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning {
			b.complaints = append(b.complaints, fmt.Sprintf("console %s: %s", e.Type, e.Args[0].Value))
		}
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints, "exception: "+e.ExceptionDetails.Error())
	case *log.EventEntryAdded:
		if e.Entry.Level == log.LevelError || e.Entry.Level == log.LevelWarning {
			b.complaints = append(b.complaints, fmt.Sprintf("%s: %s %s", e.Entry.Level, e.Entry.Text, e.Entry.URL))
		}
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.URL)
	}
}

func (b *browser) run(actions ...chromedp.Action) {
	b.t.Helper()
	if err := chromedp.Run(b.tab, actions...); err != nil {
		b.t.Fatalf("chromium: %v", err)
	}
}

// eval evaluates a script, which may return a promise, into v.
func (b *browser) eval(script string, v any) {
	b.t.Helper()
	b.run(chromedp.Evaluate(script, v, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
}

func (b *browser) text(id string) (s string) {
	b.t.Helper()
	b.eval(fmt.Sprintf("document.getElementById(%q).innerText", id), &s)
	return s
}

// await waits until a script is true.
func (b *browser) await(limit time.Duration, what, script string) {
	b.t.Helper()
	harness.Await(b.t, limit, what, func() error {
		var is bool
		if b.eval(script, &is); !is {
			return errors.New("not yet: " + script)
		}
		return nil
	})
}

// position is how far the picture has played, in seconds.
func (b *browser) position() (at float64) {
	b.t.Helper()
	b.eval("document.getElementById('video').currentTime", &at)
	return at
}

// awaitPlayed waits until the picture has played that much more.
func (b *browser) awaitPlayed(more time.Duration) {
	b.t.Helper()
	b.await(more+20*time.Second, fmt.Sprintf("%s of picture", more), fmt.Sprintf("document.getElementById('video').currentTime > %f", b.position()+more.Seconds()))
}

// asked returns the requests whose URL has a part.
func (b *browser) asked(part string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(b.requests), func(u string) bool { return !strings.Contains(u, part) })
}

// wantClean fails where the browser complained, or asked another host than base.
func (b *browser) wantClean(base string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.complaints {
		b.t.Errorf("the browser complains: %s", c)
	}
	for _, u := range b.requests {
		if !strings.HasPrefix(u, base+"/") && !strings.HasPrefix(u, "blob:"+base+"/") {
			b.t.Errorf("a request to another host: %s", u)
		}
	}
	if len(b.requests) < 10 {
		b.t.Errorf("got %d requests, want those of a page that plays", len(b.requests))
	}
}
