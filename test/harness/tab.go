package harness

import (
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/chromedp/chromedp"
)

// browserOptions are Chromium's, with nothing that asks the network for itself.
func browserOptions() []chromedp.ExecAllocatorOption {
	return append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-timer-throttling", true), chromedp.Flag("disable-renderer-backgrounding", true))
}

// OpenTab opens an empty tab of a Chromium of its own, in a window of w by h. The tab is for
// chromedp.Run; shut ends it. Nothing plays with sound before somebody clicks, as for
// people.
func OpenTab(ctx context.Context, w, h int) (tab context.Context, shut func(), err error) {
	allocated, end := chromedp.NewExecAllocator(ctx, append(browserOptions(), chromedp.WindowSize(w, h),
		chromedp.Flag("autoplay-policy", "document-user-activation-required"))...)
	tab, leave := chromedp.NewContext(allocated, chromedp.WithErrorf(func(format string, args ...any) {
		if !strings.HasPrefix(format, "unhandled") { // events of a newer browser
			log.Printf(format, args...)
		}
	}))
	shut = func() {
		leave()
		end()
	}
	if err := chromedp.Run(tab, chromedp.EmulateViewport(int64(w), int64(h))); err != nil {
		shut()
		return nil, nil, fmt.Errorf("chromium: %w", err)
	}
	return tab, shut, nil
}
