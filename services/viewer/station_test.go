package viewer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"livestream-tui/services/hls/m3u8"
)

// box is a box of ISO base media.
func box(kind string, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	b := binary.BigEndian.AppendUint32(nil, uint32(8+len(body)))
	return append(append(b, kind...), body...)
}

// words are big-endian numbers of 32 bits.
func words(list ...uint32) []byte {
	var b []byte
	for _, n := range list {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	return b
}

const timescale = 1000

// initSection is one with a track of pictures; mark makes it another one.
func initSection(mark byte) []byte {
	mdia := box("mdia",
		box("mdhd", words(0, 0, 0, timescale, 0, 0)),
		box("hdlr", words(0, 0), []byte("vide"), words(0, 0, 0)),
		box("minf", box("stbl", box("stsd", words(0, 0)))))
	return append(box("ftyp", []byte("iso6"), []byte{0, 0, 0, mark}), box("moov", box("trak", box("tkhd", words(0, 0, 0, 1)), mdia))...)
}

// fragmentOf is moof and mdat: samples of one length from begins on.
func fragmentOf(n uint32, begins, lasts time.Duration, size int) []byte {
	const samples = 4
	each := uint32(lasts.Milliseconds() / samples)
	moof := box("moof", box("mfhd", words(0, n)), box("traf",
		box("tfhd", words(0x8, 1, each)),
		box("tfdt", words(1<<24), binary.BigEndian.AppendUint64(nil, uint64(begins.Milliseconds()))),
		box("trun", words(0, samples))))
	return append(moof, box("mdat", bytes.Repeat([]byte{byte(n)}, size))...)
}

// packet is an MPEG-TS packet that begins a PES packet with that PTS.
func packet(pid uint16, stream byte, pts int64) []byte {
	b := []byte{syncByte, 0x40 | byte(pid>>8), byte(pid), 0x10, 0, 0, 1, stream, 0, 0, 0x80, 0x80, 5,
		byte(pts>>29)&0xe | 0x21, byte(pts >> 22), byte(pts>>14) | 1, byte(pts >> 7), byte(pts<<1) | 1}
	return append(b, bytes.Repeat([]byte{0xff}, packetSize-len(b))...)
}

// tsSegment has a picture every 100 ms, in another order than they are shown in.
func tsSegment(begins, lasts time.Duration) []byte {
	b := packet(0, 0, 0) // a packet without timestamp
	at := func(d time.Duration) int64 { return (d.Milliseconds()*90 + (1 << 33)) % (1 << 33) }
	const every = 100 * time.Millisecond
	for t := time.Duration(0); t+every < lasts; t += 2 * every {
		b = append(b, packet(256, 0xe0, at(begins+t+every))...)
		b = append(b, packet(256, 0xe0, at(begins+t))...)
	}
	return b
}

// station is a live server: a segment each duration, of which it lists the last few.
// Its hooks, where not nil, change what it serves.
type station struct {
	td       int           // target duration in seconds
	duration time.Duration // of each segment
	window   int
	first    int64 // MSN of the first segment ever
	ts       bool
	size     int // bytes of media in a segment

	began time.Time

	// onList changes the playlist, newest is its newest MSN.
	onList func(p *m3u8.MediaPlaylist, newest int64)
	// onText changes the playlist as it is written.
	onText func(text string, newest int64) string
	// onBody changes a segment.
	onBody func(b []byte, msn int64) []byte
	// onRequest answers in the station's place when it returns true. msn is -1 for
	// what is no segment.
	onRequest func(w http.ResponseWriter, r *http.Request, msn int64) bool

	mu   sync.Mutex
	seen []string // requests, guarded by mu
}

func newStation() *station {
	return &station{td: 1, duration: time.Second, window: 5, first: 100, size: 1000}
}

func (s *station) newest() int64 {
	return s.first + int64(s.window) - 1 + int64(time.Since(s.began)/s.duration)
}

func (s *station) name(msn int64) string {
	if s.ts {
		return fmt.Sprintf("seg_%06d.ts", msn)
	}
	return fmt.Sprintf("%d.m4s", msn)
}

func (s *station) playlist(newest int64) *m3u8.MediaPlaylist {
	p := &m3u8.MediaPlaylist{Version: 7, TargetDuration: s.td, MediaSequence: newest - int64(s.window) + 1}
	var m *m3u8.Map
	if !s.ts {
		m = &m3u8.Map{URI: "init.mp4"}
	}
	for msn := p.MediaSequence; msn <= newest; msn++ {
		p.Segments = append(p.Segments, m3u8.Segment{
			URI: s.name(msn), Duration: s.duration, Map: m,
			ProgramDateTime: s.began.Add(time.Duration(msn-s.first-int64(s.window)) * s.duration),
		})
	}
	return p
}

func (s *station) body(msn int64) []byte {
	begins := time.Duration(msn) * s.duration
	if s.ts {
		return tsSegment(begins-time.Duration(s.first+8)*s.duration, s.duration) // over the wrap of the PTS
	}
	return slicesOf(begins, s.duration, uint32(msn), s.size)
}

// slicesOf is a segment of two fragments.
func slicesOf(begins, lasts time.Duration, n uint32, size int) []byte {
	return append(fragmentOf(n, begins, lasts/2, size/2), fragmentOf(n+1, begins+lasts/2, lasts/2, size/2)...)
}

func (s *station) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.seen = append(s.seen, r.Method+" "+r.URL.Path)
	s.mu.Unlock()
	name := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	digits := strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(name, "seg_"), ".ts"), ".m4s")
	msn, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		msn = -1
	}
	w.Header().Set("X-Packager", "http://packager")
	if msn >= 0 {
		w.Header().Set("X-Packager", "http://any") // a segment may come from any of them
	}
	if s.onRequest != nil && s.onRequest(w, r, msn) {
		return
	}
	var b []byte
	switch {
	case name == "playlist.m3u8":
		newest := s.newest()
		p := s.playlist(newest)
		if s.onList != nil {
			s.onList(p, newest)
		}
		b = p.Encode()
		if s.onText != nil {
			b = []byte(s.onText(string(b), newest))
		}
	case strings.HasPrefix(name, "init"):
		b = initSection(name[len("init")])
	case msn >= 0:
		b = s.body(msn)
		if s.onBody != nil {
			b = s.onBody(b, msn)
		}
	default:
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	_, _ = w.Write(b)
}

// requests are those that the station has seen for a path with that ending.
func (s *station) requests(suffix string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []string
	for _, q := range s.seen {
		if strings.HasSuffix(q, suffix) {
			list = append(list, q)
		}
	}
	return list
}

// wire is a network without sockets, so that time in it is a bubble's: hosts by
// name. It ends with the test's bubble.
type wire struct {
	mu    sync.Mutex
	hosts map[string]*pipes
}

func newWire() *wire { return &wire{hosts: map[string]*pipes{}} }

// serve makes h the host name; the function takes it down.
func (n *wire) serve(name string, h http.Handler) (down func()) {
	l := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	n.mu.Lock()
	n.hosts[name+":80"] = l
	n.mu.Unlock()
	server := &http.Server{Handler: h}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(l)
	}()
	return func() {
		_ = server.Close()
		<-ended
	}
}

func (n *wire) client() *http.Client {
	return newClient(func(ctx context.Context, _, address string) (net.Conn, error) {
		n.mu.Lock()
		l := n.hosts[address]
		n.mu.Unlock()
		if l == nil {
			return nil, fmt.Errorf("no host %s", address)
		}
		here, there := net.Pipe()
		select {
		case l.conns <- there:
			return here, nil
		case <-l.closed:
			return nil, fmt.Errorf("%s refused the connection", address)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	})
}

// pipes is a listener of net.Pipe.
type pipes struct {
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func (l *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipes) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// watch plays s for a while of fake time and returns what the player tells.
func watch(t *testing.T, s *station, o PlayerOptions, d time.Duration) (r PlayerReport) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s.began = time.Now()
		n := newWire()
		defer n.serve("proxy", s)()
		r = play(t, n, o, func(*Player) { time.Sleep(d) })
	})
	return r
}

// play runs a player on the wire while during runs.
func play(t *testing.T, n *wire, o PlayerOptions, during func(*Player)) PlayerReport {
	t.Helper()
	if o.URL == "" {
		o.URL = "http://proxy/live01/playlist.m3u8"
	}
	if o.Client == nil {
		o.Client = n.client()
	}
	defer o.Client.CloseIdleConnections()
	p, err := NewPlayer(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	during(p)
	r := p.Report()
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run: got %v, want a clean end", err)
	}
	return r
}

// hang answers nothing more until the player goes away or d has passed.
func hang(r *http.Request, d time.Duration) {
	select {
	case <-r.Context().Done():
	case <-time.After(d):
	}
}

// cut sends half of b and breaks the connection.
func cut(w http.ResponseWriter, b []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	_, _ = w.Write(b[:len(b)/2])
	http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// chunked sends b without a Content-Length.
func chunked(w http.ResponseWriter, b []byte) {
	http.NewResponseController(w).Flush()
	_, _ = io.Copy(w, bytes.NewReader(b))
}

func sumOf(b []byte) Sum { return sha256.Sum256(b) }
