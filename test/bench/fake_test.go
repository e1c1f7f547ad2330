//go:build linux

package bench

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"livestream-tui/services/hls/m3u8"
)

// fake is a packager like ours, without a worker: it publishes many signals, whose
// segments come at the same time, and holds requests for the next segment.
type fake struct {
	media  []byte
	digest string

	mu   sync.Mutex
	list m3u8.MediaPlaylist // guarded by mu
	body []byte             // guarded by mu
	next chan struct{}      // closed when there is a newer list; guarded by mu
}

const (
	fakeSegment = 2 * time.Second
	fakeWindow  = 10
)

func newFake(size int) *fake {
	packet := bytes.Repeat([]byte{0xff}, 188)
	packet[0], packet[1], packet[2], packet[3] = 0x47, 0x1f, 0xff, 0x10 // a null packet
	f := &fake{media: bytes.Repeat(packet, max(1, size/188)), next: make(chan struct{})}
	sum := sha256.Sum256(f.media)
	f.digest = "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
	f.list = m3u8.MediaPlaylist{
		Version: 7, TargetDuration: 2, IndependentSegments: true, MediaSequence: time.Now().Unix()/2 - fakeWindow,
		ServerControl: &m3u8.ServerControl{CanBlockReload: true, HoldBack: 3 * fakeSegment},
	}
	for range fakeWindow {
		f.add()
	}
	return f
}

func (f *fake) add() {
	f.mu.Lock()
	defer f.mu.Unlock()
	msn := f.list.NextMSN()
	f.list.Segments = append(slices.Clip(f.list.Segments), m3u8.Segment{
		URI: strconv.FormatInt(msn, 10) + ".ts", Duration: fakeSegment, ProgramDateTime: time.Unix(2*msn, 0).UTC(),
	})
	if over := len(f.list.Segments) - fakeWindow; over > 0 {
		f.list.Segments, f.list.MediaSequence = f.list.Segments[over:], f.list.MediaSequence+int64(over)
	}
	f.body = f.list.Encode()
	close(f.next)
	f.next = make(chan struct{})
}

// run publishes until ctx is cancelled.
func (f *fake) run(ctx context.Context) {
	for {
		now := time.Now()
		select {
		case <-ctx.Done():
			return
		case <-time.After(now.Truncate(fakeSegment).Add(fakeSegment).Sub(now)):
			f.add()
		}
	}
}

// ServeHTTP implements http.Handler.
func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	if strings.HasSuffix(r.URL.Path, ".ts") {
		h.Set("Content-Type", "video/mp2t")
		h.Set("Etag", `"`+filepath.Base(r.URL.Path)+`"`)
		h.Set("Repr-Digest", f.digest)
		h.Set("Content-Length", strconv.Itoa(len(f.media)))
		_, _ = w.Write(f.media) // the proxy has gone: the benchmark is over
		return
	}
	wanted, err := strconv.ParseInt(r.URL.Query().Get("_HLS_msn"), 10, 64)
	if err != nil {
		wanted = -1
	}
	for {
		f.mu.Lock()
		body, last, next := f.body, f.list.LastMSN(), f.next
		f.mu.Unlock()
		if wanted <= last {
			h.Set("Content-Type", "application/vnd.apple.mpegurl")
			h.Set("Content-Length", strconv.Itoa(len(body)))
			_, _ = w.Write(body) // as above
			return
		}
		select {
		case <-next:
		case <-r.Context().Done():
			return
		}
	}
}
