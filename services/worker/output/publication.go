package output

import (
	"slices"
	"sync"

	"livestream-tui/services/hls/ingest"
	"livestream-tui/services/hls/media"
)

// object is an initialization section, a segment or a playlist under its name. It never
// changes.
type object struct {
	name   string
	body   []byte
	digest string // see ingest.DigestHeader
	msn    int64  // -1 unless it is a segment
	// encoded is as in media.Segment.
	encoded bool
}

func newObject(name string, body []byte, msn int64) object {
	return object{name: name, body: body, digest: ingest.Digest(body), msn: msn}
}

// publication is what is published of a signal at one time: initialization sections, then
// the segments of the playlist, oldest first. It never changes.
type publication struct {
	objects []object
	// playlist lists the segments; nil while it fills, so that no packager publishes only
	// its beginning.
	playlist []byte
	// changed is closed when there is a later publication.
	changed chan struct{}
}

// oldest is the number of the oldest segment, -1 before the first.
func (p *publication) oldest() int64 {
	for _, o := range p.objects {
		if o.msn >= 0 {
			return o.msn
		}
	}
	return -1
}

// latest is a signal's latest publication. What its playlist no longer lists is dropped,
// even where a packager still lacks it: that bounds the memory. Safe for concurrent use.
type latest struct {
	mu  sync.Mutex
	now *publication // guarded by mu
}

func newLatest() *latest { return &latest{now: &publication{changed: make(chan struct{})}} }

func (l *latest) publication() *publication {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

// add adds a segment and its initialization section, which the window lists.
func (l *latest) add(s *media.Segment, init Init, w Window) {
	listed := w.names()
	added := []object{newObject(init.Name, init.Data, -1), newObject(media.SegmentName(s.MSN), s.Data, s.MSN)}
	added[1].encoded = s.Encoded
	l.mu.Lock()
	defer l.mu.Unlock()
	next := &publication{changed: make(chan struct{})}
	for _, o := range l.now.objects {
		if listed[o.name] && o.name != added[0].name && o.name != added[1].name {
			next.objects = append(next.objects, o)
		}
	}
	next.objects = append(next.objects, added...)
	slices.SortStableFunc(next.objects, func(a, b object) int { return int(a.msn - b.msn) })
	if w.Full() {
		next.playlist = w.Playlist()
	}
	close(l.now.changed)
	l.now = next
}
