package proxy

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/mux"
	"github.com/hashicorp/go-hclog"

	"livestream-tui/services/hls/health"
	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/proxy/fetch"
)

// wire is a network without sockets, so that time on it is the bubble's
// (testing/synctest). Hosts are names.
type wire struct {
	mu    sync.Mutex
	hosts map[string]*host // guarded by mu
	asked map[string]int   // connections that were wanted, by address; guarded by mu
}

// lookups is how often a connection to an address was wanted.
func (n *wire) lookups(address string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.asked[address]
}

type host struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
	lost   atomic.Bool // its packets are lost: nobody answers
}

func (h *host) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.closed:
		return nil, net.ErrClosed
	}
}

func (h *host) Close() error {
	h.once.Do(func() { close(h.closed) })
	return nil
}

func (h *host) Addr() net.Addr { return &net.TCPAddr{} }

// serve makes handler the host of that name; the result kills it, with every
// connection.
func (n *wire) serve(name string, handler http.Handler) (kill func()) {
	h := &host{conns: make(chan net.Conn), closed: make(chan struct{})}
	n.mu.Lock()
	n.hosts[name+":80"] = h
	n.mu.Unlock()
	var handlers atomic.Int64
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handlers.Add(1)
		defer handlers.Add(-1)
		handler.ServeHTTP(w, r)
	})}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(h)
	}()
	var once sync.Once
	return func() {
		once.Do(func() {
			n.mu.Lock()
			if n.hosts[name+":80"] == h {
				delete(n.hosts, name+":80")
			}
			n.mu.Unlock()
			_ = server.Close()
			<-ended
			for handlers.Load() > 0 {
				time.Sleep(time.Millisecond)
			}
		})
	}
}

func (n *wire) dial(ctx context.Context, _, address string) (net.Conn, error) {
	n.mu.Lock()
	h := n.hosts[address]
	if n.asked == nil {
		n.asked = map[string]int{}
	}
	n.asked[address]++
	n.mu.Unlock()
	if h == nil {
		return nil, syscall.ECONNREFUSED
	}
	if h.lost.Load() {
		select {
		case <-time.After(250 * time.Millisecond):
		case <-ctx.Done():
		}
		return nil, os.ErrDeadlineExceeded
	}
	here, there := net.Pipe()
	select {
	case h.conns <- there:
		return here, nil
	case <-h.closed:
		return nil, syscall.ECONNREFUSED
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

const segment = 2 * time.Second // of the fake encoder's

// encoder makes a segment each two seconds, whose bytes follow from its number.
type encoder struct {
	began time.Time
	first int64 // the newest when it began
}

func (e *encoder) newest() int64 { return e.first + int64(time.Since(e.began)/segment) }

// packager is a fake one, on a wire: what it serves, and what is wrong with it.
type packager struct {
	t    *testing.T
	enc  *encoder
	name string
	wire *wire

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
	kill := p.wire.serve(p.name, p)
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

// asked counts the requests for what ends so.
func (p *packager) asked(suffix string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, s := range p.seen {
		if strings.HasSuffix(s, suffix) {
			n++
		}
	}
	return n
}

// playlists counts the requests for its playlist.
func (p *packager) playlists() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.polls
}

// list is its playlist now, nil for none. Needs mu.
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
		l.Segments = append(l.Segments, m3u8.Segment{URI: p.media(n - p.shift), Duration: segment, Map: m, ProgramDateTime: p.enc.began.Add(time.Duration(n-p.enc.first) * segment)})
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
		return fragmentOf(uint32(n), 20_000)
	}
	return packets(n, 100)
}

// packets are MPEG-TS packets, of nothing but a number.
func packets(n int64, count int) []byte {
	packet := append([]byte{0x47, 0x40, 0, 0x10}, fmt.Sprintf("segment %d ", n)...)
	packet = append(packet, bytes.Repeat([]byte{byte(n)}, 188-len(packet))...)
	return bytes.Repeat(packet, count)
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
		serveBytes(w, r, initSection(), !noETag)
		return
	}
	n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSuffix(name, ".ts"), ".m4s"), 10, 64)
	if n += shift; err != nil || n > newest || n < from {
		http.NotFound(w, r)
		return
	}
	serveBytes(w, r, bodyOf(n, mp4), !noETag)
}

func serveBytes(w http.ResponseWriter, r *http.Request, b []byte, tag bool) {
	if tag {
		w.Header().Set("ETag", fetch.ETagOf(b))
	}
	w.Header().Set("Cache-Control", "max-age=3600, immutable")
	http.ServeContent(w, r, r.URL.Path, time.Time{}, bytes.NewReader(b))
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

// box is a box of ISO base media.
func box(kind string, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	n := 8 + len(body)
	return append(append([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, kind...), body...)
}

func words(list ...uint32) []byte {
	var b []byte
	for _, n := range list {
		b = append(b, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	return b
}

func initSection() []byte {
	mdia := box("mdia", box("mdhd", words(0, 0, 0, 1000, 0, 0)), box("hdlr", words(0, 0), []byte("vide"), words(0, 0, 0)),
		box("minf", box("stbl", box("stsd", words(0, 0)))))
	return append(box("ftyp", []byte("iso6"), words(0)), box("moov", box("trak", box("tkhd", words(0, 0, 0, 1)), mdia))...)
}

func fragmentOf(n uint32, size int) []byte {
	moof := box("moof", box("mfhd", words(0, n)), box("traf", box("tfhd", words(0x8, 1, 500)),
		box("tfdt", words(0, n*2000)), box("trun", words(0, 4))))
	return append(moof, box("mdat", bytes.Repeat([]byte{byte(n)}, size))...)
}

// platform is a proxy in front of fake packagers, in a bubble.
type platform struct {
	t         *testing.T
	wire      *wire
	enc       *encoder
	packagers []*packager
	config    Config
	log       *bytes.Buffer
	service   *Service
	handler   http.Handler
	cancel    context.CancelFunc
	ended     chan error
	views     []*viewing
}

// onAir starts packagers and a proxy in front of them. It must be called in a bubble;
// the test ends with p.end.
func onAir(t *testing.T, packagers int, changes ...func(*platform)) *platform {
	t.Helper()
	p := &platform{t: t, wire: &wire{hosts: map[string]*host{}}, enc: &encoder{began: time.Now(), first: 100}}
	p.config = Config{CacheBytes: 1 << 30, Streams: 1000, Idle: time.Minute, Paths: service.Paths{State: t.TempDir()}}
	for i := range packagers {
		one := &packager{t: t, enc: p.enc, name: fmt.Sprintf("server%d", i+1), wire: p.wire, window: 6, block: true}
		p.packagers = append(p.packagers, one)
		p.config.Packagers = append(p.config.Packagers, one.url())
	}
	for _, change := range changes {
		change(p)
	}
	for _, one := range p.packagers {
		one.start()
	}
	p.startProxy()
	return p
}

func (p *platform) startProxy() {
	p.t.Helper()
	p.log = &bytes.Buffer{}
	kit := service.NewKit("proxy", service.Common{LogFormat: "text", LogLevel: "debug"}, nil, &lockedWriter{w: p.log})
	kit.Log.SetLevel(hclog.Debug)
	s, err := newService(p.config, kit, p.wire.dial)
	if err != nil {
		p.t.Fatal(err)
	}
	router := mux.NewRouter().SkipClean(true)
	s.AdminRoutes(router)
	s.Routes(router)
	p.service, p.handler, p.ended = s, router, make(chan error, 1)
	var ctx context.Context
	ctx, p.cancel = context.WithCancel(context.Background())
	go func() { p.ended <- s.Run(ctx) }()
}

func (p *platform) stopProxy() {
	p.t.Helper()
	p.cancel()
	select {
	case err := <-p.ended:
		if err != nil {
			p.t.Errorf("Run: got %v, want a clean end", err)
		}
	case <-time.After(30 * time.Second):
		p.t.Error("Run does not end")
	}
}

func (p *platform) end() {
	for _, v := range p.views {
		v.leave()
	}
	p.stopProxy()
	for _, one := range p.packagers {
		one.die()
	}
	if p.t.Failed() {
		p.t.Logf("the proxy's log:\n%s", p.log)
	}
}

type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (w *lockedWriter) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.w.Write(b)
}

// get asks the proxy as a player does; headers come in pairs.
func (p *platform) get(path string, headers ...string) *httptest.ResponseRecorder {
	return p.ask(http.MethodGet, path, headers...)
}

func (p *platform) ask(method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	func() {
		defer func() {
			if e := recover(); e != nil {
				w.Code = 0 // the connection was broken off
			}
		}()
		p.handler.ServeHTTP(w, r)
	}()
	return w
}

const live = "/live01/playlist.m3u8"

// stream is the proxy's live playlist; nil while it is not followed.
func (p *platform) stream() *playlist { return p.service.find(live) }

// verdicts are the proxy's on the packagers.
func (p *platform) verdicts() []health.Verdict { return p.stream().f.seen.load(live) }

// failovers are those that the proxy told of.
func (p *platform) failovers() []eventRecord {
	p.t.Helper()
	var list, failovers []eventRecord
	if err := json.Unmarshal(p.get("/events").Body.Bytes(), &list); err != nil {
		p.t.Fatal(err)
	}
	for _, e := range list {
		if e.Failover != nil {
			failovers = append(failovers, e)
		}
	}
	return failovers
}

// await waits until is true, for so long at most.
func (p *platform) await(most time.Duration, what string, is func() bool) {
	p.t.Helper()
	for end := time.Now().Add(most); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("%s: not within %s", what, most)
		}
	}
}

// viewing is a player: it reloads the playlist, holds it to the rules, fetches each
// new segment whole, and compares it with the encoder's.
type viewing struct {
	p        *platform
	check    checker
	grew     time.Time
	longest  time.Duration // between two new segments
	slowest  time.Duration // of any answer
	fetched  int
	gaps     int
	statuses map[int]int
	errs     []error
	stop     chan struct{}
	once     sync.Once
	ended    chan struct{}
	mu       sync.Mutex
}

// watch starts a player; one that goes on from another's checker has seen what that
// one saw.
func (p *platform) watch(before ...*viewing) *viewing {
	v := &viewing{p: p, statuses: map[int]int{}, stop: make(chan struct{}), ended: make(chan struct{})}
	for _, other := range before {
		v.check = other.check
	}
	p.views = append(p.views, v)
	go func() {
		defer close(v.ended)
		next := int64(-1)
		for {
			next = v.reload(next)
			select {
			case <-v.stop:
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	}()
	return v
}

func (v *viewing) answer(path string) *httptest.ResponseRecorder {
	began := time.Now()
	w := v.p.get(path)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.slowest = max(v.slowest, time.Since(began))
	v.statuses[w.Code]++
	return w
}

func (v *viewing) fail(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.errs = append(v.errs, err)
}

func (v *viewing) reload(next int64) int64 {
	w := v.answer(live)
	if w.Code != http.StatusOK {
		v.fail(fmt.Errorf("playlist: status %d: %s", w.Code, w.Body))
		return next
	}
	v.mu.Lock()
	err := v.check.check(w.Body.Bytes())
	l := v.check.last
	v.mu.Unlock()
	if err != nil {
		v.fail(fmt.Errorf("%w:\n%s", err, w.Body))
		return next
	}
	if next < 0 {
		next = max(l.MediaSequence, l.LastMSN()-2)
		v.mu.Lock()
		v.grew = time.Now()
		v.mu.Unlock()
	}
	next = max(next, l.MediaSequence)
	for ; next <= l.LastMSN(); next++ {
		v.mu.Lock()
		v.longest, v.grew = max(v.longest, time.Since(v.grew)), time.Now()
		v.mu.Unlock()
		s := l.Segments[next-l.MediaSequence]
		if s.Gap {
			v.mu.Lock()
			v.gaps++
			v.mu.Unlock()
			continue
		}
		if s.Map != nil {
			if w := v.answer("/live01/" + s.Map.URI); w.Code != http.StatusOK || !bytes.Equal(w.Body.Bytes(), initSection()) {
				v.fail(fmt.Errorf("init: status %d, %d bytes", w.Code, w.Body.Len()))
			}
		}
		w := v.answer("/live01/" + s.URI)
		// Which of the encoder's it is, its date says.
		n := v.p.enc.first + int64(s.ProgramDateTime.Sub(v.p.enc.began)/segment)
		if want := bodyOf(n, s.Map != nil); w.Code != http.StatusOK || !bytes.Equal(w.Body.Bytes(), want) {
			v.fail(fmt.Errorf("msn %d, %s: status %d, %d bytes, want the encoder's %d", next, s.URI, w.Code, w.Body.Len(), n))
		}
		v.mu.Lock()
		v.fetched++
		v.mu.Unlock()
	}
	return next
}

// last is the newest playlist that the player was given, first the MSN of the first.
func (v *viewing) last() *m3u8.MediaPlaylist {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.check.last
}

func (v *viewing) first() int64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.check.first
}

func (v *viewing) leave() {
	v.once.Do(func() { close(v.stop) })
	<-v.ended
}

// end stops the player and fails the test for what it saw.
func (v *viewing) end() {
	v.p.t.Helper()
	v.leave()
	for i, err := range v.errs {
		if v.p.t.Errorf("player: %v", err); i == 3 {
			break
		}
	}
	if v.fetched == 0 {
		v.p.t.Error("player: got no segment")
	}
}

// smooth holds the player's view to limits: how long between new segments, and for
// any answer.
func (v *viewing) smooth(between, answer time.Duration) {
	v.p.t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	if since := max(v.longest, time.Since(v.grew)); since > between {
		v.p.t.Errorf("new segments: %s apart, want at most %s", since, between)
	}
	if v.slowest > answer {
		v.p.t.Errorf("slowest answer: %s, want at most %s", v.slowest, answer)
	}
}

const (
	one = "http://server1"
	two = "http://server2"
)

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
