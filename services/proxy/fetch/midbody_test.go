package fetch

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"livestream-tui/services/proxy/fakenet"
	"livestream-tui/services/proxy/object"
	"livestream-tui/services/proxy/upstream"
)

// read reads an object as it arrives and stops for nothing but the end.
func read(o *object.Object) (got []byte, err error) {
	defer o.Stream()()
	for {
		c, changed := o.Now()
		if c.Err == nil && !bytes.HasPrefix(c.Body, got) {
			return got, errors.New("what was sent before has changed")
		}
		if c.Err != nil {
			return got, c.Err
		}
		if got = c.Body; c.Whole {
			return got, nil
		}
		<-changed
	}
}

// midBodyCase is servers, of which the first breaks off in mid-body.
type midBodyCase struct {
	name    string
	servers []http.HandlerFunc
	err     error
	ranges  string // what the peer is asked for last
}

func midBodyCases() []midBodyCase {
	other := fakenet.Packets(8, 1000) // as long, with other bytes
	half := len(fakenet.Body) / 2
	return []midBodyCase{
		{"the same validator: the rest alone", []http.HandlerFunc{fakenet.Part(half, true, fakenet.Breaks), fakenet.Whole}, nil, fmt.Sprintf("bytes=%d-", half)},
		{"no validator: the whole, compared", []http.HandlerFunc{fakenet.Part(half, false, fakenet.Breaks), fakenet.Untagged}, nil, ""},
		{"another validator, the same bytes", []http.HandlerFunc{fakenet.Part(half, true, fakenet.Breaks), func(w http.ResponseWriter, q *http.Request) {
			w.Header().Set("ETag", `"mine"`)
			http.ServeContent(w, q, "7.ts", time.Time{}, bytes.NewReader(fakenet.Body))
		}}, nil, fmt.Sprintf("bytes=%d-", half)},
		{"it does not mind If-Range: the rest of other bytes", []http.HandlerFunc{fakenet.Part(half, true, fakenet.Breaks), func(w http.ResponseWriter, q *http.Request) {
			q.Header.Del("If-Range")
			fakenet.ServeBytes(w, q, other, true)
		}, fakenet.Untagged}, nil, ""},
		{"it has the range wrong: the whole", []http.HandlerFunc{fakenet.Part(half, true, fakenet.Breaks), func(w http.ResponseWriter, q *http.Request) {
			if q.Header.Get("Range") != "" {
				w.Header().Set("ETag", object.ETagOf(fakenet.Body))
				w.Header().Set("Content-Range", fmt.Sprintf("bytes 0-%d/%d", half-1, len(fakenet.Body)))
				w.WriteHeader(http.StatusPartialContent)
				_, _ = w.Write(fakenet.Body[:half])
				return
			}
			fakenet.Whole(w, q)
		}}, nil, ""},
		{"416: the whole", []http.HandlerFunc{fakenet.Part(half, true, fakenet.Breaks), func(w http.ResponseWriter, q *http.Request) {
			if q.Header.Get("Range") != "" {
				w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
				return
			}
			fakenet.Untagged(w, q)
		}}, nil, ""},
		{"it stands still", []http.HandlerFunc{fakenet.Part(half, true, fakenet.Silent), fakenet.Whole}, nil, ""},
		{"other bytes of the same length", []http.HandlerFunc{fakenet.Part(half, true, fakenet.Breaks), fakenet.Bytes(other)}, ErrOther, fmt.Sprintf("bytes=%d-", half)},
		{"other bytes of another length", []http.HandlerFunc{fakenet.Part(half, true, fakenet.Breaks), fakenet.Bytes(other[:900*fakenet.PacketLength])}, ErrOther, fmt.Sprintf("bytes=%d-", half)},
		{"other bytes of no length", []http.HandlerFunc{fakenet.Part(half, true, fakenet.Breaks), func(w http.ResponseWriter, _ *http.Request) {
			_ = http.NewResponseController(w).Flush()
			_, _ = w.Write(other)
		}}, ErrOther, ""},
		{"the third has the rest", []http.HandlerFunc{fakenet.Part(half, true, fakenet.Breaks), fakenet.Bytes(other), fakenet.Whole}, nil, ""},
		{"nobody else answers", []http.HandlerFunc{fakenet.Part(half, true, fakenet.Breaks)}, upstream.ErrUnavailable, ""},
	}
}

func TestFetchGoesOnInMidBody(t *testing.T) {
	for _, c := range midBodyCases() {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var once sync.Once
				var mu sync.Mutex
				ranges := ""
				first := c.servers[0]
				servers := slices.Clone(c.servers)
				servers[0] = func(w http.ResponseWriter, q *http.Request) { // at first alone, so that its bytes are sent
					once.Do(func() { time.Sleep(50 * time.Millisecond) })
					first(w, q)
				}
				if len(servers) > 1 {
					second := servers[1]
					servers[1] = func(w http.ResponseWriter, q *http.Request) {
						mu.Lock()
						ranges = q.Header.Get("Range")
						mu.Unlock()
						second(w, q)
					}
				}
				r := rigOf(servers...)
				defer r.End()
				f := r.fetch()
				ended := make(chan struct{})
				go func() {
					defer close(ended)
					f.Run(t.Context())
				}()
				got, err := read(f.Object)
				<-ended
				if !errors.Is(err, c.err) || c.err == nil && err != nil {
					t.Fatalf("got %v after %d bytes, want %v; %q", err, len(got), c.err, r.findings)
				}
				if want := fakenet.Body[:len(got)]; !bytes.Equal(got, want) || err == nil && len(got) != len(fakenet.Body) {
					t.Errorf("got %d bytes, want the segment's %d", len(got), len(fakenet.Body))
				}
				if ranges != c.ranges && c.ranges != "" {
					t.Errorf("the peer was asked for %q, want %q", ranges, c.ranges)
				}
			})
		})
	}
}
