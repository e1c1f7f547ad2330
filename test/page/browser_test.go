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
	cookies    int      // requests that had one; guarded by mu
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

// stage is a platform on air, and a browser that can open its page. Tests share it.
type stage struct {
	*harness.Platform
	base    string // the proxy's URL
	browser context.Context
}

// launch puts a platform on air, with further settings, and starts a browser.
func launch(t *testing.T, settings ...string) *stage {
	t.Helper()
	env := harness.Settings(t)
	for i := 0; i < len(settings); i += 2 {
		env[settings[i]] = settings[i+1]
	}
	return launchWith(t, env)
}

// starting is held while a platform is put on air: the second finds its film made already.
var starting sync.Mutex

// launchWith is launch with all settings.
func launchWith(t *testing.T, env map[string]string) *stage {
	t.Helper()
	starting.Lock()
	defer starting.Unlock()
	p := harness.Launch(t, env)
	browser, shut, err := harness.OpenBrowser(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(shut)
	if env["PLAYBACK_KEYS"] == "" {
		p.AwaitOnAir(harness.Every...)
	} else { // the viewer has a token, and is ready once it plays
		p.Await(90*time.Second, "the viewer plays", func() error { return p.Ready("viewer") })
	}
	return &stage{Platform: p, base: p.Base("PROXY_PORT"), browser: browser}
}

// open opens a URL in a tab of its own. scheme is dark or light; extra runs in each page
// before its own scripts.
func (g *stage) open(t *testing.T, url string, s size, scheme, extra string) *browser {
	t.Helper()
	tab, shut, err := harness.OpenTab(g.browser, s.w, s.h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(shut)
	b := &browser{t: t, tab: tab}
	chromedp.ListenTarget(tab, b.note)
	b.run(
		log.Enable(), network.Enable(), runtime.Enable(), inScheme(scheme),
		chromedp.ActionFunc(func(ctx context.Context) error {
			_, err := page.AddScriptToEvaluateOnNewDocument(watched + extra).Do(ctx)
			return err
		}),
		chromedp.Navigate(url),
	)
	return b
}

// inScheme has a tab prefer a colour scheme.
func inScheme(scheme string) chromedp.Action {
	return emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}})
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
	case *network.EventRequestWillBeSentExtraInfo:
		if e.Headers["Cookie"] != nil {
			b.cookies++
		}
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.URL)
	}
}

const (
	// answerWithin is how long the browser may take for one request.
	answerWithin = time.Minute
	// lookWithin is how long it may take for a look at a condition, before the next one.
	lookWithin = 3 * time.Second
)

func (b *browser) run(actions ...chromedp.Action) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.tab, answerWithin)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
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
		// A look that comes while a frame is loaded is never answered, so it is given up.
		ctx, cancel := context.WithTimeout(b.tab, lookWithin)
		defer cancel()
		var is bool
		err := chromedp.Run(ctx, chromedp.Evaluate(script, &is))
		if err == nil && !is {
			err = errors.New("not yet: " + script)
		}
		return err
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
	playedMore([]*browser{b}, more)()
}

// playedMore returns a function that waits until each picture has played that much more than
// now.
func playedMore(all []*browser, more time.Duration) func() {
	from := make([]float64, len(all))
	for i, b := range all {
		from[i] = b.position()
	}
	return func() {
		for i, b := range all {
			b.t.Helper()
			b.await(more+20*time.Second, fmt.Sprintf("%s of picture", more), fmt.Sprintf("document.getElementById('video').currentTime > %f", from[i]+more.Seconds()))
		}
	}
}

// asked returns the requests whose URL has a part.
func (b *browser) asked(part string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(b.requests), func(u string) bool { return !strings.Contains(u, part) })
}

// awaitAsked waits for n requests whose URL has a part, of the document or of its frames.
func (b *browser) awaitAsked(n int, part string) {
	b.t.Helper()
	harness.Await(b.t, 30*time.Second, fmt.Sprintf("%d requests with %s", n, part), func() error {
		if list := b.asked(part); len(list) < n {
			return fmt.Errorf("got %d", len(list))
		}
		return nil
	})
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
