package fetch

import (
	"bytes"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"livestream-tui/services/hls/container"
	"livestream-tui/services/proxy/fakenet"
)

func TestADoubtfulBodyIsServedIfNobodyHasBetter(t *testing.T) {
	const ms = time.Millisecond
	odd := append(bytes.Clone(fakenet.Body), "tail"...)
	odder := append(bytes.Clone(odd), '!')
	after := func(wait time.Duration, then http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, q *http.Request) {
			time.Sleep(wait)
			then(w, q)
		}
	}
	for _, c := range []struct {
		name     string
		servers  []http.HandlerFunc
		body     []byte
		from     string
		odd      string
		took     time.Duration // at least, and 100 ms more at most
		findings []string
	}{
		{"a peer has a good one", []http.HandlerFunc{fakenet.Bytes(odd), fakenet.Whole}, fakenet.Body, "server2", "", 0,
			[]string{"server1 failed MPEG-TS without a sync byte at 188000", "server2 good", "server1 saved"}},
		{"a peer has the same", []http.HandlerFunc{fakenet.Bytes(odd), fakenet.Bytes(odd)}, odd, "server1", "sync byte", 0, []string{"server1 good"}},
		{"a peer has another odd one", []http.HandlerFunc{fakenet.Bytes(odd), fakenet.Bytes(odder)}, odd, "server1", "sync byte", 0, []string{"server1 good"}},
		{"a peer has nothing", []http.HandlerFunc{fakenet.Bytes(odd), fakenet.Says(404, "", "")}, odd, "server1", "sync byte", 0, []string{"server2 absent status 404", "server1 good"}},
		{"nobody else is there", []http.HandlerFunc{fakenet.Bytes(odd), nil}, odd, "server1", "sync byte", 0, nil},
		{"there is one packager alone", []http.HandlerFunc{fakenet.Bytes(odd)}, odd, "server1", "sync byte", 0, []string{"server1 good"}},
		{"a peer takes too long", []http.HandlerFunc{fakenet.Bytes(odd), fakenet.Silent}, odd, "server1", "sync byte", doubtMost, nil},
		{"a third has a good one", []http.HandlerFunc{fakenet.Bytes(odd), fakenet.Silent, after(300*ms, fakenet.Whole)}, fakenet.Body, "server3", "", 300 * ms, nil},
		{"a peer has the same, a third takes too long", []http.HandlerFunc{fakenet.Bytes(odd), fakenet.Bytes(odd), fakenet.Silent}, odd, "server1", "sync byte", 0, []string{"server1 good"}},
		{"empty everywhere", []http.HandlerFunc{fakenet.Says(200, "", ""), fakenet.Says(200, "", "")}, nil, "server1", "empty", 0, []string{"server1 good"}},
		{"unknown everywhere", []http.HandlerFunc{fakenet.Says(200, "", "something else"), fakenet.Says(200, "", "something else")}, []byte("something else"), "server1", "unknown format", 0, []string{"server1 good"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := rigOf(c.servers...)
				defer r.End()
				f := r.fetch()
				began := time.Now()
				f.Run(t.Context())
				got, _ := f.Object.Now()
				if !got.Whole || !bytes.Equal(got.Body, c.body) || got.Packager != "http://"+c.from {
					t.Fatalf("got %v, %d bytes from %s, want %d from %s; %q", got.Err, len(got.Body), got.Packager, len(c.body), c.from, r.findings)
				}
				if (got.Odd == "") != (c.odd == "") || !strings.Contains(got.Odd, c.odd) {
					t.Errorf("odd: got %q, want %q", got.Odd, c.odd)
				}
				if took := time.Since(began); took < c.took || took > c.took+100*ms {
					t.Errorf("took %s, want %s", took, c.took)
				}
				if c.findings != nil && !slices.Equal(r.findings, c.findings) {
					t.Errorf("findings: got %q, want %q", r.findings, c.findings)
				}
				for i := range c.servers {
					if got := r.Asked[i].Load(); got > 1 {
						t.Errorf("server%d: asked %d times, want once", i+1, got)
					}
				}
			})
		})
	}
}

func TestADoubtfulBeginningIsNotSentOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rigOf(fakenet.Part(len(fakenet.Body)/2, true, fakenet.Breaks), fakenet.Whole)
		defer r.End()
		f := r.fetch()
		f.Want.Format = container.FormatMP4
		done := make(chan []byte)
		go func() {
			defer f.Object.Stream()()
			for {
				c, changed := f.Object.Now()
				if len(c.Body) > 0 || c.Err != nil {
					if !c.Whole {
						t.Errorf("got %d bytes of a doubtful body before it was whole, %v", len(c.Body), c.Err)
					}
					done <- c.Body
					return
				}
				<-changed
			}
		}()
		f.Run(t.Context())
		if got := <-done; !bytes.Equal(got, fakenet.Body) {
			t.Errorf("got %d bytes, want the segment", len(got))
		}
	})
}

func TestWhatWasSentIsNotTakenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		odd := append(bytes.Clone(fakenet.Body), "tail"...)
		slow := func(w http.ResponseWriter, q *http.Request) {
			w.Header().Set("Content-Length", "188004")
			_, _ = w.Write(odd[:1000])
			_ = http.NewResponseController(w).Flush()
			time.Sleep(100 * time.Millisecond)
			_, _ = w.Write(odd[1000:])
		}
		r := rigOf(slow, fakenet.Bytes(fakenet.Packets(8, 1000)))
		defer r.End()
		f := r.fetch()
		go f.Run(t.Context())
		got, err := read(f.Object)
		if err != nil || !bytes.Equal(got, odd) {
			t.Errorf("got %d bytes and %v, want the odd body, which was sent before it was known to be odd", len(got), err)
		}
		synctest.Wait()
		if _, err := f.Object.Done(); errors.Is(err, ErrOther) {
			t.Error("want no failure")
		}
	})
}
