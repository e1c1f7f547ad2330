package worker

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/packager"
)

// station is a packager that takes signals by HTTP, at an address that it keeps: its
// listener stays open while the packager is away, so that no other program gets the port.
type station struct {
	t        *testing.T
	listener net.Listener
	address  string
	window   string // WINDOW_SEGMENTS
	log      *log
	end      func()

	mu    sync.Mutex
	serve func(net.Conn) // nil while the packager is away; guarded by mu
}

// accept hands connections to the packager, and resets them while it is away.
func (st *station) accept() {
	for {
		c, err := st.listener.Accept()
		if err != nil {
			return
		}
		st.mu.Lock()
		serve := st.serve
		st.mu.Unlock()
		if serve == nil {
			_ = c.(*net.TCPConn).SetLinger(0)
			c.Close()
			continue
		}
		serve(c)
	}
}

// handed is a listener whose connections another one has accepted.
type handed struct {
	net.Listener // the other one, for its address
	conns        chan net.Conn
	closed       chan struct{}
	once         sync.Once
}

func (h *handed) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.closed:
		return nil, net.ErrClosed
	}
}

func (h *handed) Close() error {
	h.once.Do(func() { close(h.closed) })
	return nil
}

func (h *handed) hand(c net.Conn) {
	select {
	case h.conns <- c:
	case <-h.closed:
		c.Close()
	}
}

func newStation(t *testing.T) *station {
	t.Helper()
	return newStationOf(t, "10")
}

func newStationOf(t *testing.T, window string) *station {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	st := &station{t: t, listener: l, address: l.Addr().String(), log: &log{}, window: window}
	st.start()
	var accepting sync.WaitGroup
	accepting.Go(st.accept)
	t.Cleanup(func() {
		l.Close()
		accepting.Wait()
	})
	return st
}

func (st *station) url() string { return "http://" + st.address }

func (st *station) start() {
	st.t.Helper()
	e := service.Environment{"HOME": "/nowhere", "INGEST": "http", "INGEST_TOKEN": "letmein", "PACKAGERS": "http://" + st.address, "WINDOW_SEGMENTS": st.window}
	c, err := packager.ConfigFromEnv(e)
	if err != nil {
		st.t.Fatal(err)
	}
	k := service.NewKit("packager", service.Common{LogFormat: "json", LogLevel: "debug"}, e, st.log)
	s, err := packager.New(c, k)
	if err != nil {
		st.t.Fatal(err)
	}
	server := &http.Server{Handler: service.Handler(s, k)}
	l := &handed{Listener: st.listener, conns: make(chan net.Conn), closed: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() { _ = s.Run(ctx) })
	group.Go(func() { _ = server.Serve(l) })
	st.setServe(l.hand)
	var once sync.Once
	st.end = func() {
		once.Do(func() {
			st.setServe(nil)
			_ = server.Close() // at once, as a killed one
			cancel()
			group.Wait()
		})
	}
	st.t.Cleanup(st.end)
}

func (st *station) setServe(serve func(net.Conn)) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.serve = serve
}

// get fetches a path; the status is 0 without an answer.
func (st *station) get(path string) (int, string) {
	st.t.Helper()
	res, err := http.Get(st.url() + path)
	if err != nil {
		return 0, ""
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, ""
	}
	return res.StatusCode, string(b)
}

// list is the playlist, nil while there is none.
func (st *station) list() *m3u8.MediaPlaylist {
	st.t.Helper()
	status, body := st.get("/live01/playlist.m3u8")
	if status != http.StatusOK {
		return nil
	}
	p, err := m3u8.ParseMedia([]byte(body))
	if err != nil {
		st.t.Fatal(err)
	}
	return p
}

func (st *station) newest() int64 {
	if p := st.list(); p != nil {
		return p.LastMSN()
	}
	return -1
}

// noGap fails where a playlist has a gap or a discontinuity.
func (st *station) noGap() {
	st.t.Helper()
	p := st.list()
	if p == nil {
		st.t.Fatal("no playlist")
	}
	for i, s := range p.Segments {
		if s.Gap || s.Discontinuity {
			st.t.Errorf("%s: msn %d: gap %t, discontinuity %t", st.url(), p.MediaSequence+int64(i), s.Gap, s.Discontinuity)
		}
	}
}
