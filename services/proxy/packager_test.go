package proxy

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/proxy/fakenet"
	"livestream-tui/services/proxy/object"
)

const segment = 2 * time.Second // of the fake encoder's

// encoder makes a segment every two seconds; its bytes follow from its number.
type encoder struct {
	began time.Time
	first int64 // the newest when it began
}

func (e *encoder) newest() int64 { return e.first + int64(time.Since(e.began)/segment) }

// date is when a segment begins, which is listed when it ends.
func (e *encoder) date(n int64) time.Time { return e.began.Add(time.Duration(n-e.first-1) * segment) }

// packager is a fake packager on a network: what it serves, and what is wrong with it.
type packager struct {
	t    *testing.T
	enc  *encoder
	name string
	wire *fakenet.Net

	mu sync.Mutex
	// All below are guarded by mu, and set with change.
	kill    func()
	window  int64
	block   bool  // it holds requests for what comes next
	mp4     bool  // fMP4, with one init
	lag     int64 // segments
	frozen  int64 // newest when it froze, 0 while it moves
	from    int64 // oldest that it has
	shift   int64 // its numbers are the encoder's less this
	end     bool  // it says ENDLIST
	hung    chan struct{}
	deltas  func(*m3u8.MediaPlaylist)                         // changes the playlist
	answers func(w http.ResponseWriter, r *http.Request) bool // answers in its place
	noETag  bool
	seen    []string // requests, without those for the playlist
	polls   int
}

func (p *packager) change(by func(*packager)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	by(p)
}

// die kills the process, start begins another one.
func (p *packager) die() {
	p.mu.Lock()
	kill := p.kill
	p.mu.Unlock()
	kill()
}

func (p *packager) start() {
	kill := p.wire.Serve(p.name, p)
	p.change(func(p *packager) { p.kill = kill })
}

// stop and resume are SIGSTOP and SIGCONT.
func (p *packager) stop() { p.change(func(p *packager) { p.hung = make(chan struct{}) }) }

func (p *packager) resume() {
	p.change(func(p *packager) {
		close(p.hung)
		p.hung = nil
	})
}

func (p *packager) url() string { return "http://" + p.name }

// asked counts the requests whose path ends in suffix.
func (p *packager) asked(suffix string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return countOf(p.seen, func(path string) bool { return strings.HasSuffix(path, suffix) })
}

// playlists counts the requests for its playlist.
func (p *packager) playlists() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.polls
}

// list is its playlist now, nil when it has no segment. Needs mu.
func (p *packager) list() *m3u8.MediaPlaylist {
	newest := p.enc.newest()
	if p.frozen > 0 {
		newest = p.frozen
	}
	newest -= p.lag
	first := max(p.from, newest-p.window+1)
	if first > newest {
		return nil
	}
	l := &m3u8.MediaPlaylist{Version: 6, TargetDuration: int(segment / time.Second), MediaSequence: first - p.shift, EndList: p.end}
	if p.block {
		l.ServerControl = &m3u8.ServerControl{CanBlockReload: true}
	}
	var m *m3u8.Map
	if p.mp4 {
		m = &m3u8.Map{URI: "init.mp4"}
	}
	for n := first; n <= newest; n++ {
		l.Segments = append(l.Segments, m3u8.Segment{URI: p.media(n - p.shift), Duration: segment, Map: m, ProgramDateTime: p.enc.date(n)})
	}
	if p.deltas != nil {
		p.deltas(l)
	}
	return l
}

func (p *packager) media(msn int64) string {
	if p.mp4 {
		return fmt.Sprintf("%d.m4s", msn)
	}
	return fmt.Sprintf("%d.ts", msn)
}

// bodyOf is the encoder's segment of that number.
func bodyOf(n int64, mp4 bool) []byte {
	if mp4 {
		return fakenet.Fragment(uint32(n), 20_000)
	}
	return fakenet.Packets(n, 100)
}

func (p *packager) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	hung, answers := p.hung, p.answers
	name := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	if playlist := name == "playlist.m3u8"; playlist {
		p.polls++
	} else {
		p.seen = append(p.seen, name)
	}
	p.mu.Unlock()
	if hung != nil {
		select {
		case <-hung:
		case <-r.Context().Done():
			return
		}
	}
	if answers != nil && answers(w, r) {
		return
	}
	if name == "playlist.m3u8" {
		p.servePlaylist(w, r)
		return
	}
	p.mu.Lock()
	mp4, shift, from, newest, noETag := p.mp4, p.shift, p.from, p.enc.newest(), p.noETag
	p.mu.Unlock()
	if name == "init.mp4" && mp4 {
		serveBytes(w, r, fakenet.InitSection(), !noETag)
		return
	}
	n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSuffix(name, ".ts"), ".m4s"), 10, 64)
	if n += shift; err != nil || n > newest || n < from {
		http.NotFound(w, r)
		return
	}
	serveBytes(w, r, bodyOf(n, mp4), !noETag)
}

// serveBytes answers with bytes that never change.
func serveBytes(w http.ResponseWriter, r *http.Request, b []byte, tag bool) {
	w.Header().Set("Cache-Control", "max-age=3600, immutable")
	fakenet.ServeBytes(w, r, b, tag)
}

func (p *packager) servePlaylist(w http.ResponseWriter, r *http.Request) {
	if v := r.URL.Query().Get("_HLS_msn"); v != "" {
		wanted, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			p.t.Errorf("%s was asked for _HLS_msn=%s", p.name, v)
		}
		for give := time.Now().Add(6 * time.Second); time.Now().Before(give); {
			p.mu.Lock()
			l := p.list()
			p.mu.Unlock()
			if l != nil && l.LastMSN() >= wanted {
				break
			}
			select {
			case <-time.After(20 * time.Millisecond):
			case <-r.Context().Done():
				return
			}
		}
	}
	p.mu.Lock()
	hung := p.hung
	l := p.list()
	p.mu.Unlock()
	if hung != nil { // it was stopped while it held the request
		select {
		case <-hung:
		case <-r.Context().Done():
			return
		}
	}
	if l == nil {
		http.Error(w, "nothing yet", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/vnd.apple.mpegurl")
	_, _ = w.Write(l.Encode())
}

func bytesOf(b []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) { serveBytes(w, q, b, true) }
}

func each(change func(msn int64, s *m3u8.Segment)) func(*m3u8.MediaPlaylist) {
	return func(p *m3u8.MediaPlaylist) {
		for i := range p.Segments {
			change(p.MediaSequence+int64(i), &p.Segments[i])
		}
	}
}

// status answers every request whose path ends in suffix with a status and a body.
func status(code int, suffix, kind, body string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, suffix) {
			return false
		}
		if kind != "" {
			w.Header().Set("Content-Type", kind)
		}
		w.WriteHeader(code)
		_, _ = w.Write([]byte(body))
		return true
	}
}

// partly sends a part of every segment and then calls then.
func partly(then func(w http.ResponseWriter, r *http.Request, rest []byte)) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		var n int64
		if _, err := fmt.Sscanf(r.URL.Path, "/live01/%d.ts", &n); err != nil {
			return false
		}
		b := bodyOf(n, false)
		w.Header().Set("Content-Length", fmt.Sprint(len(b)))
		w.Header().Set("ETag", object.ETagOf(b))
		_, _ = w.Write(b[:len(b)/3])
		_ = http.NewResponseController(w).Flush()
		then(w, r, b[len(b)/3:])
		return true
	}
}

func answering(by func(http.ResponseWriter, *http.Request) bool) func(*platform) {
	return func(p *platform) { p.packagers[0].change(func(p *packager) { p.answers = by }) }
}

// slowly delays the answers to paths that end in suffix.
func slowly(suffix string, by time.Duration) func(http.ResponseWriter, *http.Request) bool {
	return func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, suffix) {
			time.Sleep(by)
		}
		return false
	}
}

// countOf counts the requests that are meant.
func countOf(requests []string, isMeant func(string) bool) int {
	n := 0
	for _, r := range requests {
		if isMeant(r) {
			n++
		}
	}
	return n
}
