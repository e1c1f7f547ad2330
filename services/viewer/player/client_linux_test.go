package player

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"
	"time"
)

// TestASmallClientLeavesBytesInFlight holds the kernel to it: of a body that the
// client does not read, a server cannot get rid of much.
func TestASmallClientLeavesBytesInFlight(t *testing.T) {
	const size = 8 << 20
	for _, c := range []struct {
		name        string
		small       bool
		least, most int64
	}{
		{"small", true, 1, 96 << 10},
		{"as it comes", false, 512 << 10, size},
	} {
		t.Run(c.name, func(t *testing.T) {
			var written atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", strconv.Itoa(size))
				for b := make([]byte, 4<<10); written.Load() < size; {
					n, err := w.Write(b)
					if err != nil {
						return
					}
					written.Add(int64(n))
				}
			}))
			defer server.Close()
			client := NewClient(c.small)
			defer client.CloseIdleConnections()
			res, err := client.Get(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			// The server is through when it has written nothing for a while.
			var got int64
			for still := 0; still < 10; still++ {
				time.Sleep(20 * time.Millisecond)
				if now := written.Load(); now != got {
					got, still = now, 0
				}
			}
			if got < c.least || got > c.most {
				t.Errorf("got %d bytes taken from the server, want %d to %d", got, c.least, c.most)
			}
			if _, err := io.ReadAll(res.Body); err != nil || written.Load() != size {
				t.Errorf("got %d bytes, %v, want all %d", written.Load(), err, size)
			}
			_ = res.Body.Close()
		})
	}
}

func TestAClientFollowsNoRedirect(t *testing.T) {
	server := httptest.NewServer(http.RedirectHandler("/elsewhere", http.StatusFound))
	defer server.Close()
	client := NewClient(true)
	defer client.CloseIdleConnections()
	if a, err := transfer(t.Context(), client, order{url: server.URL, within: time.Minute}, func(Wait) {}); err == nil || a.Status != http.StatusFound {
		t.Errorf("got %d, %v, want the redirect as a failure", a.Status, err)
	}
}
