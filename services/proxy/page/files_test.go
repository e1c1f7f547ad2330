package page

import (
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"livestream-tui/services/proxy/events"
)

// newTestPage returns a page of two signals.
func newTestPage(change ...func(*Options)) *Page {
	o := Options{
		Signals: func() []Signal { return []Signal{{Signal: "live02"}, {Signal: "live01", MSN: 7}} },
		Listed:  func(*http.Request) bool { return false }, Events: events.New(),
	}
	for _, c := range change {
		c(&o)
	}
	return New(o)
}

func ask(p *Page, target string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w
}

func TestWhatIsThePagesAndWhatIsThePackagers(t *testing.T) {
	p := newTestPage(func(o *Options) {
		o.Listed = func(r *http.Request) bool { return r.URL.Path == "/watch/00017" }
	})
	for _, c := range []struct {
		name, method, path string
		want               bool
	}{
		{"the page", "GET", "/", true},
		{"its header", "HEAD", "/", true},
		{"the page of a signal", "GET", "/watch/live01", true},
		{"with a query", "GET", "/watch/live01?a=1", true},
		{"the bare player", "GET", "/embed/live01", true},
		{"a file", "GET", "/watch/page/watch.js", true},
		{"hls.js", "GET", "/watch/page/hls.min.js", true},
		{"events", "GET", "/watch/page/events", true},
		{"the page of a signal called events", "GET", "/watch/events", true},
		{"the page of a signal called page", "GET", "/watch/page", true},
		{"the playlist of a signal called watch", "GET", "/watch/playlist.m3u8", false},
		{"a segment of a signal called watch", "GET", "/watch/897975639.m4s", false},
		{"the init section of a signal called embed", "GET", "/embed/init-523db885.mp4", false},
		{"a segment without an extension that a playlist lists", "GET", "/watch/00017", false},
		{"below a signal", "GET", "/watch/live01/playlist.m3u8", false},
		{"no signal", "GET", "/watch/", false},
		{"no signal's name", "GET", "/watch/-", false},
		{"a document under its own name", "GET", "/watch/page/watch.html", false},
		{"no file of the page", "GET", "/watch/page/nosuch.js", false},
		{"a signal", "GET", "/live01/playlist.m3u8", false},
		{"another method", "POST", "/", false},
		{"a preflight", "OPTIONS", "/", false},
	} {
		if got := p.Matches(httptest.NewRequest(c.method, c.path, nil)); got != c.want {
			t.Errorf("%s: got %t, want %t", c.name, got, c.want)
		}
	}
}

func TestThePageComesFromTheProxyAlone(t *testing.T) {
	inline := regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+=|javascript:|<script>|<base`)
	elsewhere := regexp.MustCompile(`(?i)(?:https?:)?//[a-z0-9]`)
	reference := regexp.MustCompile(`(?:src|href)="([^"]+)"|from '\./([^']+)'`)
	p := newTestPage()
	for name, file := range p.files {
		if name == script {
			continue
		}
		text := strings.ReplaceAll(string(file.body), "http://www.w3.org/2000/svg", "")
		if strings.HasSuffix(name, ".html") {
			if found := inline.FindString(text); found != "" {
				t.Errorf("%s has %q, which the policy forbids", name, found)
			}
		}
		if found := elsewhere.FindString(text); found != "" {
			t.Errorf("%s leads elsewhere: %q", name, found)
		}
		for _, m := range reference.FindAllStringSubmatch(text, -1) {
			target := m[1]
			if m[2] != "" {
				target = Folder + m[2]
			}
			if !p.Matches(httptest.NewRequest(http.MethodGet, target, nil)) {
				t.Errorf("%s refers to %s, which is not served", name, target)
			}
		}
	}
	for path, ancestors := range map[string]string{"/": "'self'", "/watch/live01": "'self'", "/embed/live01": "*"} {
		csp := ask(p, path).Header().Get("Content-Security-Policy")
		if strings.Contains(csp, "unsafe") || !strings.Contains(csp, "default-src 'none'; script-src 'self';") || !strings.HasSuffix(csp, "frame-ancestors "+ancestors) {
			t.Errorf("%s: got the policy %q", path, csp)
		}
	}
}

func TestABrowserKeepsTheFiles(t *testing.T) {
	p := newTestPage()
	tags := map[string]bool{}
	for _, coding := range []string{"", "br, gzip;q=0.5"} {
		first := ask(p, "/watch/page/style.css", "Accept-Encoding", coding)
		if first.Code != http.StatusOK || first.Header().Get("Content-Type") != "text/css; charset=utf-8" || first.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("%q: got %d %v, want a style sheet", coding, first.Code, first.Header())
		}
		tags[first.Header().Get("ETag")] = true
		body := io.Reader(first.Body)
		if (first.Header().Get("Content-Encoding") == "gzip") != (coding != "") {
			t.Errorf("%q: got Content-Encoding %q", coding, first.Header().Get("Content-Encoding"))
		} else if coding != "" {
			z, err := gzip.NewReader(first.Body)
			if err != nil {
				t.Fatal(err)
			}
			body = z
		}
		if b, err := io.ReadAll(body); err != nil || string(b) != string(p.files["style.css"].body) {
			t.Errorf("%q: got %d bytes, %v, want the file", coding, len(b), err)
		}
		again := ask(p, "/watch/page/style.css", "Accept-Encoding", coding, "If-None-Match", first.Header().Get("ETag"))
		if again.Code != http.StatusNotModified || again.Body.Len() > 0 {
			t.Errorf("%q, asked again: got %d with %d bytes, want 304", coding, again.Code, again.Body.Len())
		}
	}
	if len(tags) != 2 { // RFC 9110, 8.8.3.3
		t.Errorf("got the tags %v, want one for each coding", tags)
	}
	if got := ask(p, "/watch/page/style.css", "Accept-Encoding", "gzip;q=0").Header().Get("Content-Encoding"); got != "" {
		t.Errorf("gzip is refused: got %q", got)
	}
}

func TestTheProgramKnowsWhetherHLSJSIsBuiltIn(t *testing.T) {
	_, err := os.Stat("files/" + script)
	if got, want := HasHLS(), err == nil; got != want || newTestPage().HasHLS() != want {
		t.Errorf("got %t, and %t of a page, want %t", got, newTestPage().HasHLS(), want)
	}
}

func TestWithoutHLSJSAnEmptyScriptIsServed(t *testing.T) {
	for _, c := range []struct {
		name    string
		files   fs.FS
		builtIn bool
	}{
		{"without", fstest.MapFS{"files/watch.html": {Data: []byte("x")}, "files/README.md": {Data: []byte("x")}}, false},
		{"with", fstest.MapFS{"files/hls.min.js": {Data: []byte("window.Hls = 1")}}, true},
	} {
		list := assets(c.files)
		if got := list[script]; got.builtIn != c.builtIn || (len(got.body) > 0) != c.builtIn {
			t.Errorf("%s: got built in %t and %d bytes", c.name, got.builtIn, len(got.body))
		}
		if list["README.md"] != nil {
			t.Errorf("%s: a file of no kind of the page's is served", c.name)
		}
		w := httptest.NewRecorder()
		list[script].serve(w, httptest.NewRequest(http.MethodGet, "/", nil))
		if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/javascript") {
			t.Errorf("%s: got %d %s, want a script", c.name, w.Code, w.Header().Get("Content-Type"))
		}
	}
}
