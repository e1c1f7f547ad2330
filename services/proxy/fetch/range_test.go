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
)

func TestARangeIsFetchedAsOne(t *testing.T) {
	const from, length = 10 * packetSize, 20 * packetSize
	part := theBody[from : from+length]
	plain := func(w http.ResponseWriter, q *http.Request) { // knows no ranges
		q.Header.Del("Range")
		whole(w, q)
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
		at     Range
		err    string // of the packager, empty: well
	}{
		{"206", whole, Range{from, length}, ""},
		{"206 of an unknown whole", answers(206, fmt.Sprintf("bytes %d-%d/*", from, from+length-1), part), Range{from, length}, ""},
		{"206 of a file that has grown meanwhile", answers(206, fmt.Sprintf("bytes %d-%d/%d", from, from+length-1, 1<<40), part), Range{from, length}, ""},
		{"200: cut out", plain, Range{from, length}, ""},
		{"200 of no length: cut out", func(w http.ResponseWriter, q *http.Request) {
			_ = http.NewResponseController(w).Flush()
			_, _ = w.Write(theBody)
		}, Range{from, length}, ""},
		{"200 that is too short", plain, Range{from, int64(len(theBody))}, "the range goes to"},
		{"200 of a huge file", plain, Range{maxCut + 1, length}, "does not know ranges"},
		{"200 that ends before", func(w http.ResponseWriter, q *http.Request) {
			_ = http.NewResponseController(w).Flush()
			_, _ = w.Write(theBody[:100])
		}, Range{from, length}, "broke off in mid-body"},
		{"206 of other bytes", answers(206, fmt.Sprintf("bytes 0-%d/188000", length-1), theBody[:length]), Range{from, length}, "asked was for"},
		{"206 of fewer", answers(206, fmt.Sprintf("bytes %d-%d/188000", from, from+99), theBody[from:from+100]), Range{from, length}, "asked was for"},
		{"206 that does not say of what", answers(206, "", part), Range{from, length}, "asked was for"},
		{"206 that breaks off", answers(206, fmt.Sprintf("bytes %d-%d/188000", from, from+length-1), part[:100]), Range{from, length}, "broke off in mid-body"},
		{"416", whole, Range{int64(len(theBody)), 100}, "status 416"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := rigOf(t, c.server)
				defer r.end()
				f := r.forPlayers()
				f.Sources = func() []Source { return []Source{{From: r.ups[0], Target: "/all.ts", Range: &c.at}} }
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
		const from, length, had = 100 * packetSize, 800 * packetSize, 300 * packetSize
		asked := ""
		r := rigOf(t, func(w http.ResponseWriter, q *http.Request) {
			time.Sleep(50 * time.Millisecond)
			w.Header().Set("ETag", ETagOf(theBody))
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, from+length-1, len(theBody)))
			w.Header().Set("Content-Length", fmt.Sprint(length))
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(theBody[from : from+had])
			_ = http.NewResponseController(w).Flush()
			breaks(w, q)
		}, func(w http.ResponseWriter, q *http.Request) {
			asked = q.Header.Get("Range")
			whole(w, q)
		})
		defer r.end()
		f := r.fetch()
		f.Sources = func() []Source {
			list := r.sources("/all.ts")
			for i := range list {
				list[i].Range = &Range{from, length}
			}
			return list
		}
		go f.Run(t.Context())
		got, err := read(f.Object)
		if err != nil || !bytes.Equal(got, theBody[from:from+length]) {
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
		r := rigOf(t, func(w http.ResponseWriter, q *http.Request) {
			have := theBody
			if time.Since(began) < 500*time.Millisecond {
				have = theBody[:packetSize]
			}
			serveBytes(w, q, have, true)
		})
		defer r.end()
		f := r.fetch()
		f.Sources = func() []Source {
			return []Source{{From: r.ups[0], Target: "/all.ts", Range: &Range{packetSize, packetSize}}}
		}
		f.Run(t.Context())
		if whole, err := f.Object.Done(); !whole {
			t.Errorf("got %v, want the range once it is there", err)
		}
		f = r.fetch()
		f.Sources = func() []Source {
			return []Source{{From: r.ups[0], Target: "/all.ts", Range: &Range{1 << 30, packetSize}}}
		}
		f.Run(t.Context())
		if _, err := f.Object.Done(); !errors.Is(err, ErrNotFound) {
			t.Errorf("a range that does not come: got %v, want %v", err, ErrNotFound)
		}
	})
}
