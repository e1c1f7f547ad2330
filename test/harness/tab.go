package harness

import (
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// browserOptions are Chromium's, with nothing that asks the network for itself.
func browserOptions() []chromedp.ExecAllocatorOption {
	return append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-timer-throttling", true), chromedp.Flag("disable-renderer-backgrounding", true))
}

// OpenBrowser starts a Chromium. OpenTab opens tabs in it; shut ends it with them. Nothing plays with sound before somebody clicks, as for people.
func OpenBrowser(ctx context.Context) (browser context.Context, shut func(), err error) {
	allocated, end := chromedp.NewExecAllocator(ctx, append(browserOptions(),
		chromedp.Flag("autoplay-policy", "document-user-activation-required"),
		chromedp.Flag("disable-site-isolation-trials", true))...) // a frame of another site is seen with its document
	browser, leave := chromedp.NewContext(allocated, chromedp.WithErrorf(complain))
	shut = func() {
		leave()
		end()
	}
	if err := chromedp.Run(browser); err != nil {
		shut()
		return nil, nil, fmt.Errorf("chromium: %w", err)
	}
	return browser, shut, nil
}

// OpenTab opens an empty tab of w by h in a browser of OpenBrowser. It shares nothing with
// other tabs, and is seen and has the focus whatever these do. The tab is for chromedp.Run;
// shut ends it.
func OpenTab(browser context.Context, w, h int) (tab context.Context, shut func(), err error) {
	c := chromedp.FromContext(browser)
	own := cdp.WithExecutor(browser, c.Browser)
	profile, err := target.CreateBrowserContext().WithDisposeOnDetach(true).Do(own)
	if err != nil {
		return nil, nil, fmt.Errorf("chromium: %w", err)
	}
	id, err := target.CreateTarget("about:blank").WithBrowserContextID(profile).WithNewWindow(true).Do(own)
	if err != nil {
		return nil, nil, fmt.Errorf("chromium: %w", err)
	}
	tab, leave := chromedp.NewContext(browser, chromedp.WithTargetID(id))
	shut = func() {
		leave()
		_ = target.DisposeBrowserContext(profile).Do(own) // else it goes with the browser
	}
	if err := chromedp.Run(tab, emulation.SetFocusEmulationEnabled(true), chromedp.EmulateViewport(int64(w), int64(h))); err != nil {
		shut()
		return nil, nil, fmt.Errorf("chromium: %w", err)
	}
	return tab, shut, nil
}

// complain logs what chromedp complains of, except for events of a newer browser.
func complain(format string, args ...any) {
	if !strings.HasPrefix(format, "unhandled") {
		log.Printf(format, args...)
	}
}
