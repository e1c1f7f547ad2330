package harness

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/chromedp/chromedp"
)

// OpenPage opens a page in Chromium, which finds hls.js as /hls.js, with a query. The
// tab is for chromedp.Run; shut ends it.
func OpenPage(ctx context.Context, page, query string) (tab context.Context, shut func(), err error) {
	script, err := os.ReadFile(filepath.Join(Root(), "node_modules", "hls.js", "dist", "hls.min.js"))
	if err != nil {
		return nil, nil, fmt.Errorf("%w; make test installs it", err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hls.js" {
			w.Header().Set("Content-Type", "text/javascript")
			_, _ = w.Write(script) // the browser has gone: the test is over
			return
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, page) // as above
	}))
	options := append(browserOptions(), chromedp.Flag("autoplay-policy", "no-user-gesture-required"))
	allocated, end := chromedp.NewExecAllocator(ctx, options...)
	tab, leave := chromedp.NewContext(allocated)
	shut = func() {
		leave()
		end()
		server.Close()
	}
	if err := chromedp.Run(tab, chromedp.Navigate(server.URL+"/?"+query)); err != nil {
		shut()
		return nil, nil, fmt.Errorf("chromium: %w", err)
	}
	return tab, shut, nil
}
