package fetch

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"livestream-tui/services/proxy/fakenet"
	"livestream-tui/services/proxy/object"
	"livestream-tui/services/proxy/upstream"
)

func rangeOf(from, length int64) upstream.Range {
	return upstream.Range{From: from, Length: length}
}

func TestARangeIsFetchedAsOne(t *testing.T) {
	const from, length = 10 * fakenet.PacketLength, 20 * fakenet.PacketLength
	part := fakenet.Body[from : from+length]
	plain := func(w http.ResponseWriter, q *http.Request) { // knows no ranges
		q.Header.Del("Range")
		fakenet.Whole(w, q)
	}
	answers := func(status int, span string, b []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Range", span)
			w.WriteHeader(status)
			_, _ = w.Write(b)
		}
	}
	for _, c := range []struct {
		name   string
		server http.HandlerFunc
		at     upstream.Range
		err    string // of the packager, empty: well
	}{
		{"206", fakenet.Whole, rangeOf(from, length), ""},
		{"206 of an unknown whole", answers(206, fmt.Sprintf("bytes %d-%d/*", from, from+length-1), part), rangeOf(from, length), ""},
		{"206 of a file that has grown meanwhile", answers(206, fmt.Sprintf("bytes %d-%d/%d", from, from+length-1, 1<<40), part), rangeOf(from, length), ""},
		{"200: cut out", plain, rangeOf(from, length), ""},
		{"200 of no length: cut out", func(w http.ResponseWriter, q *http.Request) {
			_ = http.NewResponseController(w).Flush()
			_, _ = w.Write(fakenet.Body)
		}, rangeOf(from, length), ""},
		{"200 that is too short", plain, rangeOf(from, int64(len(fakenet.Body))), "the range goes to"},
		{"200 of a huge file", plain, rangeOf(maxCut+1, length), "does not support ranges"},
		{"200 that ends before", func(w http.ResponseWriter, q *http.Request) {
			_ = http.NewResponseController(w).Flush()
			_, _ = w.Write(fakenet.Body[:100])
		}, rangeOf(from, length), "broke off in mid-body"},
		{"206 of other bytes", answers(206, fmt.Sprintf("bytes 0-%d/188000", length-1), fakenet.Body[:length]), rangeOf(from, length), "to a request for"},
		{"206 of fewer", answers(206, fmt.Sprintf("bytes %d-%d/188000", from, from+99), fakenet.Body[from:from+100]), rangeOf(from, length), "to a request for"},
		{"206 that does not say of what", answers(206, "", part), rangeOf(from, length), "to a request for"},
		{"206 that breaks off", answers(206, fmt.Sprintf("bytes %d-%d/188000", from, from+length-1), part[:100]), rangeOf(from, length), "broke off in mid-body"},
		{"416", fakenet.Whole, rangeOf(int64(len(fakenet.Body)), 100), "status 416"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := rigOf(c.server)
				defer r.End()
				f := r.forPlayers()
				f.Sources = func() []upstream.Source {
					return []upstream.Source{{From: r.Upstreams[0], Target: "/all.ts", Range: &c.at}}
				}
				f.Run(t.Context())
				got, _ := f.Object.Now()
				if c.err == "" && (!got.Whole || !bytes.Equal(got.Body, part) || got.Odd != "") {
					t.Errorf("got %v, %d bytes, odd %q; want the range's %d; %q", got.Err, len(got.Body), got.Odd, len(part), r.findings)
				}
				if c.err != "" && (got.Err == nil || len(r.findings) != 1 || !strings.Contains(r.findings[0], c.err)) {
					t.Errorf("got %v and %q, want %q", got.Err, r.findings, c.err)
				}
			})
		})
	}
}

func TestARangeGoesOnInMidBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const from, length, had = 100 * fakenet.PacketLength, 800 * fakenet.PacketLength, 300 * fakenet.PacketLength
		asked := ""
		r := rigOf(func(w http.ResponseWriter, q *http.Request) {
			time.Sleep(50 * time.Millisecond)
			w.Header().Set("ETag", object.ETagOf(fakenet.Body))
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, from+length-1, len(fakenet.Body)))
			w.Header().Set("Content-Length", fmt.Sprint(length))
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(fakenet.Body[from : from+had])
			_ = http.NewResponseController(w).Flush()
			fakenet.Breaks(w, q)
		}, func(w http.ResponseWriter, q *http.Request) {
			asked = q.Header.Get("Range")
			fakenet.Whole(w, q)
		})
		defer r.End()
		f := r.fetch()
		f.Sources = func() []upstream.Source {
			list := r.Sources("/all.ts")
			for i := range list {
				list[i].Range = new(rangeOf(from, length))
			}
			return list
		}
		go f.Run(t.Context())
		got, err := read(f.Object)
		if err != nil || !bytes.Equal(got, fakenet.Body[from:from+length]) {
			t.Errorf("got %v, %d bytes, want the range's", err, len(got))
		}
		if want := fmt.Sprintf("bytes=%d-%d", from+had, from+length-1); asked != want {
			t.Errorf("the peer was asked for %q, want %q", asked, want)
		}
	})
}

func TestAFileThatGrowsIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		r := rigOf(func(w http.ResponseWriter, q *http.Request) {
			have := fakenet.Body
			if time.Since(began) < 500*time.Millisecond {
				have = fakenet.Body[:fakenet.PacketLength]
			}
			fakenet.ServeBytes(w, q, have, true)
		})
		defer r.End()
		f := r.fetch()
		f.Sources = func() []upstream.Source {
			return []upstream.Source{{From: r.Upstreams[0], Target: "/all.ts", Range: new(rangeOf(fakenet.PacketLength, fakenet.PacketLength))}}
		}
		f.Run(t.Context())
		if whole, err := f.Object.Done(); !whole {
			t.Errorf("got %v, want the range once it is there", err)
		}
		f = r.fetch()
		f.Sources = func() []upstream.Source {
			return []upstream.Source{{From: r.Upstreams[0], Target: "/all.ts", Range: new(rangeOf(1<<30, fakenet.PacketLength))}}
		}
		f.Run(t.Context())
		if _, err := f.Object.Done(); !errors.Is(err, upstream.ErrNotFound) {
			t.Errorf("a range that does not come: got %v, want %v", err, upstream.ErrNotFound)
		}
	})
}
