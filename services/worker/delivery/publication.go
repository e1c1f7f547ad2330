package delivery

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"sync"

	"livestream-tui/services/hls/media"
)

// object is one thing to deliver. It never changes.
type object struct {
	name   string
	body   []byte
	digest string // Repr-Digest (RFC 9530)
	msn    int64  // -1 for an initialization section and a playlist
}

func newObject(name string, body []byte, msn int64) object {
	sum := sha256.Sum256(body)
	return object{name, body, "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":", msn}
}

// publication is what there is to deliver of a signal at one time: initialization
// sections, then the segments of the playlist, oldest first. It never changes.
type publication struct {
	objects []object
	// playlist lists the segments; nil while it fills, so that no packager publishes
	// the beginning of it.
	playlist []byte
	// changed is closed when there is more.
	changed chan struct{}
}

// oldest is the number of the oldest segment, -1 when there is none.
func (p *publication) oldest() int64 {
	for _, o := range p.objects {
		if o.msn >= 0 {
			return o.msn
		}
	}
	return -1
}

// board holds a signal's publication. What the playlist does not list any more is
// dropped, even where a packager still lacks it: that bounds it. Safe for concurrent
// use.
type board struct {
	mu  sync.Mutex
	now *publication // guarded by mu
}

func newBoard() *board { return &board{now: &publication{changed: make(chan struct{})}} }

func (b *board) publication() *publication {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

// add adds a segment and its initialization section, which the window lists.
func (b *board) add(msn int64, segment []byte, init Init, w Window) {
	needed := w.names()
	news := []object{newObject(init.Name, init.Data, -1), newObject(media.SegmentName(msn), segment, msn)}
	b.mu.Lock()
	defer b.mu.Unlock()
	next := &publication{changed: make(chan struct{})}
	for _, o := range b.now.objects {
		if needed[o.name] && o.name != news[0].name && o.name != news[1].name {
			next.objects = append(next.objects, o)
		}
	}
	next.objects = append(next.objects, news...)
	slices.SortStableFunc(next.objects, func(a, b object) int { return int(a.msn - b.msn) })
	if w.Full() {
		next.playlist = w.Playlist()
	}
	close(b.now.changed)
	b.now = next
}
