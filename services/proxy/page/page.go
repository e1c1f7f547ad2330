package page

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"livestream-tui/services/kit/report"
	"livestream-tui/services/proxy/events"
)

// Options are the options of a Page.
type Options struct {
	// Signals returns the signals that are followed, without an order. Safe for concurrent
	// use.
	Signals func() []Signal
	// Audience returns who reports that they play what, by signal; nil where nobody counts.
	// It is called once a second at most.
	Audience func() map[string]Audience
	// Names asks which signals there are, followed or not; nil where nobody knows.
	Names func(ctx context.Context) ([]string, error)
	// Listed reports whether a playlist names what a request asks for. Packagers' media
	// come before the page.
	Listed func(r *http.Request) bool
	// Events are the failovers and changes of mode that are shown.
	Events *events.Log
	// HandedOver and Done end all streams of events when one of them is closed.
	HandedOver, Done <-chan struct{}
}

// Page serves the page. Safe for concurrent use.
type Page struct {
	options Options
	files   map[string]*asset // by name
	routes  map[string]http.HandlerFunc
	era     string // begins the ids of this incarnation's events

	facts   facts
	names   atomic.Pointer[[]string]
	readers chan struct{} // a token for each reader of events
	opened  chan struct{} // signalled when a reader has come
}

// Folder is where the page's files are served.
const Folder = "/watch/page/"

// New returns the page. Run keeps its list of signals up to date.
func New(o Options) *Page {
	p := &Page{
		options: o, files: assets(files), era: newEra(time.Now()),
		readers: make(chan struct{}, readersMost), opened: make(chan struct{}, 1),
	}
	p.routes = map[string]http.HandlerFunc{
		"/":               p.document("watch.html", policy("'self'")),
		"/watch/SIGNAL":   p.document("watch.html", policy("'self'")),
		"/embed/SIGNAL":   p.document("embed.html", policy("*")),
		Folder + "events": p.serveEvents,
	}
	for name := range p.files {
		if !strings.HasSuffix(name, ".html") {
			p.routes[Folder+name] = p.document(name, "")
		}
	}
	return p
}

// HasHLS reports whether hls.js is built in.
func (p *Page) HasHLS() bool { return p.files[script].builtIn }

// Matches reports whether the page answers a request.
func (p *Page) Matches(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	return p.routes[routeOf(r.URL.Path)] != nil && !p.options.Listed(r)
}

// ServeHTTP answers a request that Matches.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.routes[routeOf(r.URL.Path)](w, r)
}

// routeOf is the route of a path. A signal called "watch" keeps its media: they have an
// extension, and a signal's name has none.
func routeOf(path string) string {
	for _, folder := range [...]string{"/watch/", "/embed/"} {
		if name, is := strings.CutPrefix(path, folder); is && report.IsSignal(name) {
			return folder + "SIGNAL"
		}
	}
	return path
}

// document answers with a file and a Content-Security-Policy, unless that is empty.
func (p *Page) document(name, csp string) http.HandlerFunc {
	file := p.files[name]
	return func(w http.ResponseWriter, r *http.Request) {
		if csp != "" {
			w.Header().Set("Content-Security-Policy", csp)
			w.Header().Set("Referrer-Policy", "no-referrer")
		}
		file.serve(w, r)
	}
}

// policy is the Content-Security-Policy of a page that pages of the given ancestors may
// frame: everything comes from the proxy. hls.js plays from a blob, in a worker from a
// blob.
func policy(ancestors string) string {
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
		"media-src 'self' blob:; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors " + ancestors
}

// namesEvery is how often is asked which signals there are, while somebody reads.
const namesEvery = 2 * time.Second

// Run learns which signals there are, while somebody reads, until ctx is cancelled.
func (p *Page) Run(ctx context.Context) {
	if p.options.Names == nil {
		return
	}
	for {
		select {
		case <-p.opened:
		case <-ctx.Done():
			return
		}
		for len(p.readers) > 0 {
			if names, err := p.options.Names(ctx); err == nil { // else the last answer stays
				p.names.Store(&names)
			}
			select {
			case <-time.After(namesEvery):
			case <-ctx.Done():
				return
			}
		}
	}
}
