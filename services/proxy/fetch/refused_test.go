package fetch

import (
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

// drainedSoon is how long a request may wait for the body of an answer that is refused.
const drainedSoon = 10 * time.Millisecond

func TestARefusedAnswerCostsNoConnection(t *testing.T) {
	const times = 20
	big := strings.Repeat("x", 1<<20)
	for _, c := range []struct {
		name  string
		serve http.HandlerFunc
		conns int // of 20 requests
	}{
		{"404 with a page", fakenet.Says(404, "text/html", "<html>not here"), 1},
		{"404 with a page of no length", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(404)
			_ = http.NewResponseController(w).Flush()
			_, _ = w.Write([]byte("not here"))
		}, 1},
		{"404 without a body", fakenet.Says(404, "", ""), 1},
		{"a page that is too long", fakenet.Says(404, "", big), times},
		{"a page that does not end", func(w http.ResponseWriter, q *http.Request) {
			w.WriteHeader(404)
			_ = http.NewResponseController(w).Flush()
			fakenet.Silent(w, q)
		}, times},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := fakenet.NewServers(c.serve)
				defer r.End()
				began := time.Now()
				for i := range times {
					f := &Fetch{Object: object.New("/x", time.Now()), Sources: func() []upstream.Source {
						return []upstream.Source{{From: r.Upstreams[0], Target: fmt.Sprintf("/x%d", i)}}
					}, Rounds: 1, Lane: upstream.Players}
					f.Run(t.Context())
					if _, err := f.Object.Done(); !errors.Is(err, upstream.ErrNotFound) {
						t.Fatalf("got %v, want %v", err, upstream.ErrNotFound)
					}
				}
				if took := time.Since(began); took > times*2*drainedSoon {
					t.Errorf("took %s, want no wait for bodies that are not wanted", took)
				}
				if got := r.Net.Dials("server1:80"); got != c.conns {
					t.Errorf("connections of %d requests: got %d, want %d", times, got, c.conns)
				}
			})
		})
	}
}
