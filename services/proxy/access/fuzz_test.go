package access

import (
	"net/http/httptest"
	"net/url"
	"path"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/kit/token"
)

// FuzzNoPathLeadsToAnotherSignal asks for paths with a token for live01. What gets through
// is below live01, even for a packager that resolves every escape.
func FuzzNoPathLeadsToAnotherSignal(f *testing.F) {
	for _, p := range []string{"/live01/1.ts", "/live01/../live02/1.ts", "/live01/..%2flive02/1.ts", "//live02/1.ts", "/live01/%2e%2e/a", "/live01/..;/a", "/live01\\..\\a", "/live01/.%2e/a"} {
		f.Add(p)
	}
	var keys token.Keys
	if err := keys.UnmarshalText([]byte("k:0123456789abcdef")); err != nil {
		f.Fatal(err)
	}
	has := keys.Sign("live01", time.Now().Add(time.Hour))
	f.Fuzz(func(t *testing.T, p string) {
		if !strings.HasPrefix(p, "/") || strings.ContainsAny(p, "?#") {
			return
		}
		next := newFake()
		g := New(keys, next)
		target := p + "?playback=" + has
		g.Answer([]byte(target))
		if u, err := url.ParseRequestURI(target); err == nil {
			r := httptest.NewRequest("GET", "/", nil)
			r.URL, r.RequestURI = u, u.RequestURI()
			g.ServeHTTP(httptest.NewRecorder(), r)
		}
		for _, asked := range next.asked {
			if strings.Contains(asked, has) {
				t.Fatalf("%q: the token is passed on: %q", p, asked)
			}
			at, err := url.PathUnescape(asked)
			if err != nil {
				continue // no packager resolves it
			}
			if at = path.Clean(strings.ReplaceAll(at, `\`, "/")); !strings.HasPrefix(at, "/live01/") && at != "/live01" {
				t.Fatalf("%q: leads to %q, %q", p, asked, at)
			}
		}
	})
}
