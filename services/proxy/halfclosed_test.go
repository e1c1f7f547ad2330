package proxy

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/mux"

	"livestream-tui/services/kit/fastpath"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/proxy/fakenet"
)

// socketed is a proxy on a real socket, in front of n packagers on real ones.
func socketed(t *testing.T, n int, packager http.HandlerFunc) (address string, s *Service) {
	t.Helper()
	config := Config{CacheBytes: 1 << 30, Streams: 1000, Idle: time.Minute, Paths: service.Paths{State: t.TempDir()}}
	for range n {
		one := httptest.NewServer(packager)
		t.Cleanup(one.Close)
		config.Packagers = append(config.Packagers, one.URL)
	}
	s, err := newService(config, service.NewKit("proxy", service.Common{LogFormat: "text", LogLevel: "error"}, nil, io.Discard), nil)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	router := mux.NewRouter().SkipClean(true)
	s.Routes(router)
	listener := fastpath.Listen(l, s.Answer, func(error) {})
	listener.Hear(s.Hear)
	server := &http.Server{Handler: router, ConnState: listener.ConnState}
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { _ = s.Run(ctx) })
	work.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() {
		cancel()
		_ = server.Close()
		listener.Break()
		work.Wait()
	})
	return l.Addr().String(), s
}

// A player that has closed one half of its connection gets all of an answer or nothing:
// an empty answer with the status 200 would say that a segment is empty.
func TestHalfClosedRequestsAreAnsweredOrBrokenOff(t *testing.T) {
	for _, wait := range []time.Duration{0, 20 * time.Millisecond} {
		t.Run(wait.String(), func(t *testing.T) {
			address, _ := socketed(t, 2, func(w http.ResponseWriter, r *http.Request) {
				select {
				case <-time.After(wait):
				case <-r.Context().Done():
				}
				http.NotFound(w, r)
			})
			var players sync.WaitGroup
			gate := make(chan struct{}, 20)
			for i := range 300 {
				gate <- struct{}{}
				players.Go(func() {
					defer func() { <-gate }()
					if err := halfClosed(address, fmt.Sprintf("/live01/nothing%d.m4s", i)); err != nil {
						t.Error(err)
					}
				})
			}
			players.Wait()
		})
	}
}

// halfClosed asks, closes its half, and holds what comes to being a whole answer, or
// nothing.
func halfClosed(address, path string) error {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return err
	}
	if _, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		return err
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		return err
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		if n := net.Error(nil); errors.As(err, &n) && n.Timeout() {
			return fmt.Errorf("%s: nothing, and the connection stays: %w", path, err)
		}
		return nil // broken off
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	switch {
	case err != nil:
		return nil // broken off
	case res.StatusCode != http.StatusNotFound || len(b) == 0 || strconv.Itoa(len(b)) != res.Header.Get("Content-Length"):
		return fmt.Errorf("%s: got %d with %d bytes, want 404 with its text", path, res.StatusCode, len(b))
	}
	return nil
}

// A request that identifies its sender never gets a shared answer, however fast that
// could be sent.
func TestWhatIsPrivateIsNotAnsweredDirectly(t *testing.T) {
	address, _ := socketed(t, 2, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".m3u8") {
			w.Header().Set("Content-Type", "application/vnd.apple.mpegurl")
			fmt.Fprintf(w, "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfor%s%s.ts\n#EXT-X-ENDLIST\n", r.Header.Get("Cookie"), r.Header.Get("Authorization"))
			return
		}
		_, _ = w.Write(fakenet.Packets(1, 20))
	})
	for _, c := range []struct{ name, value, want string }{
		{"", "", "for.ts"}, {"Cookie", "anna", "foranna.ts"}, {"Authorization", "bert", "forbert.ts"}, {"", "", "for.ts"},
	} {
		for range 3 {
			// A connection of its own: one that the routes have had is never answered directly again.
			transport := &http.Transport{}
			r, err := http.NewRequest(http.MethodGet, "http://"+address+"/ch/playlist.m3u8", nil)
			if err != nil {
				t.Fatal(err)
			}
			if c.name != "" {
				r.Header.Set(c.name, c.value)
			}
			res, err := (&http.Client{Transport: transport}).Do(r)
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(res.Body)
			res.Body.Close()
			transport.CloseIdleConnections()
			if err != nil || !strings.Contains(string(b), "\n"+c.want+"\n") {
				t.Errorf("%s %s: got %v and %q, want %s in it", c.name, c.value, err, b, c.want)
			}
		}
	}
}
