package proxy

import (
	"net/url"
	"strings"
	"testing"
)

func TestKeyOf(t *testing.T) {
	for _, c := range []struct {
		name, request, want string // want empty: refused
	}{
		{"a segment", "/live01/3.ts", "/live01/3.ts"},
		{"at the top", "/3.ts", "/3.ts"},
		{"deep", "/a/b/c/3.ts", "/a/b/c/3.ts"},
		{"with a query", "/live01/3.ts?token=a%2Fb&x", "/live01/3.ts?token=a%2Fb&x"},
		{"an escaped space", "/live%2001/3.ts", "/live%2001/3.ts"},
		{"an escaped percent sign stays one", "/live01/%252e%252e/3.ts", "/live01/%252e%252e/3.ts"},
		{"another script", "/%E3%83%A9%E3%82%A4%E3%83%96/3.ts", "/%E3%83%A9%E3%82%A4%E3%83%96/3.ts"},
		{"dots within a name", "/live01/a..b.ts", "/live01/a..b.ts"},
		{"up", "/live01/../live02/3.ts", ""},
		{"up, escaped", "/live01/%2e%2e/3.ts", ""},
		{"up, half escaped", "/live01/.%2E/3.ts", ""},
		{"here", "/live01/./3.ts", ""},
		{"nothing between slashes", "/live01//3.ts", ""},
		{"another host, as it were", "//elsewhere/3.ts", ""},
		{"a folder", "/live01/", ""},
		{"an escaped slash", "/live01%2f3.ts", ""},
		{"an escaped slash in capitals", "/live01/..%2F3.ts", ""},
		{"a backslash", "/live01/..%5C3.ts", ""},
		{"a zero", "/live01/3.ts%00.m3u8", ""},
		{"an escape sequence", "/live01/%1b[31m.ts", ""},
		{"a line end", "/live01/3%0d%0aX:y.ts", ""},
		{"text turned around", "/live01/%E2%80%AE3.ts", ""},
		{"not UTF-8", "/live01/%ff.ts", ""},
		{"very long", "/" + strings.Repeat("x", maxKey), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			u, err := url.ParseRequestURI(c.request)
			if err != nil {
				t.Fatal(err)
			}
			got, err := keyOf(u)
			if got != c.want || (err == nil) != (c.want != "") {
				t.Errorf("got %q and %v, want %q", got, err, c.want)
			}
		})
	}
}

func TestResolve(t *testing.T) {
	const base = "/live01/720p/index.m3u8"
	for _, c := range []struct {
		name, base, uri, want string // want empty: refused
	}{
		{"beside it", base, "3.ts", "/live01/720p/3.ts"},
		{"below it", base, "a/3.ts", "/live01/720p/a/3.ts"},
		{"above it, in the signal", base, "../audio/3.ts", "/live01/audio/3.ts"},
		{"from the top, in the signal", base, "/live01/3.ts", "/live01/3.ts"},
		{"with a query", base, "3.ts?a=b/c", "/live01/720p/3.ts?a=b/c"},
		{"a fragment is not sent", base, "3.ts#x", "/live01/720p/3.ts"},
		{"with a space", base, "a b.ts", "/live01/720p/a%20b.ts"},
		{"escaped", base, "a%20b.ts", "/live01/720p/a%20b.ts"},
		{"another host", base, "http://elsewhere/live01/3.ts", ""},
		{"another host without a scheme", base, "//elsewhere/live01/3.ts", ""},
		{"a file", base, "file:///etc/passwd", ""},
		{"data", base, "data:text/plain,x", ""},
		{"another scheme", base, "javascript:alert(1)", ""},
		{"another signal", base, "/live02/3.ts", ""},
		{"another signal by going up", base, "../../live02/3.ts", ""},
		{"up beyond the top", base, "../../../../etc/passwd", ""},
		{"up, escaped", base, "%2e%2e/%2e%2e/etc/passwd", ""},
		{"an escaped slash", base, "..%2f3.ts", ""},
		{"a signal whose name begins alike", base, "/live011/3.ts", ""},
		{"bad", base, "%zz", ""},
		{"at the top: beside it", "/index.m3u8", "3.ts", "/3.ts"},
		{"at the top: below it", "/index.m3u8", "segments/3.ts", "/segments/3.ts"},
		{"at the top: another host", "/index.m3u8", "//elsewhere/3.ts", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := resolve(c.base, c.uri)
			if got != c.want || (err == nil) != (c.want != "") {
				t.Errorf("got %q and %v, want %q", got, err, c.want)
			}
		})
	}
}

func TestShifted(t *testing.T) {
	for _, c := range []struct{ uri, want string }{
		{"3.ts", "r1-3.ts"}, {"a/3.ts", "a/r1-3.ts"}, {"/live01/3.ts?x=/y", "/live01/r1-3.ts?x=/y"},
	} {
		if got := shifted(c.uri, "r1-"); got != c.want {
			t.Errorf("%s: got %s, want %s", c.uri, got, c.want)
		}
	}
}

func FuzzKeys(f *testing.F) {
	for _, seed := range []string{"/live01/3.ts", "/live01/../x", "//elsewhere/x", "/%2e%2e/x?y", "/a%2fb", "../../x", "http://x/y", "a b?c#d", "/\\x", "/live01/%ff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		check := func(key string) {
			u, err := url.Parse("http://packager" + key)
			if err != nil {
				t.Fatalf("%q: no URL: %v", key, err)
			}
			if u.Host != "packager" || u.User != nil || strings.Contains(u.Path, "\\") {
				t.Fatalf("%q leads to %q", key, u)
			}
			for _, part := range strings.Split(strings.TrimPrefix(u.Path, "/"), "/") {
				if part == ".." || part == "." || part == "" && u.Path != "/" {
					t.Fatalf("%q has the element %q", key, part)
				}
			}
			if again, err := keyOf(u); err != nil || again != key {
				t.Fatalf("%q: got %q and %v the second time", key, again, err)
			}
		}
		if u, err := url.ParseRequestURI(s); err == nil && u.Host == "" && u.Opaque == "" {
			if key, err := keyOf(u); err == nil {
				check(key)
			}
		}
		if key, err := resolve("/live01/playlist.m3u8", s); err == nil {
			check(key)
			if !strings.HasPrefix(key, "/live01/") {
				t.Fatalf("%q leads out of its signal: %q", s, key)
			}
		}
	})
}
