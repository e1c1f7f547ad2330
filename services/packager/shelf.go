package packager

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"

	"livestream-tui/services/hls"
)

// media is an init section or a segment, whole and validated. It never changes.
type media struct {
	name   string
	body   []byte
	etag   string
	digest string // Repr-Digest
	msn    int64  // -1 for an init section

	// What came by HTTP is held against each other: an init section's tracks, a
	// segment's fragments.
	init      hls.Init
	fragments []hls.Fragment
}

func newMedia(name string, body []byte, msn int64) *media {
	sum := sha256.Sum256(body)
	return &media{name: name, body: body, etag: tagOf(sum), digest: digestOf(sum), msn: msn}
}

// etagOf is a strong validator made from content alone, so that it is the same
// on every packager (FAILURES.md, case 35).
func etagOf(b []byte) string { return tagOf(sha256.Sum256(b)) }

func tagOf(sum [sha256.Size]byte) string { return `"` + hex.EncodeToString(sum[:16]) + `"` }

// digestOf is a Repr-Digest (RFC 9530): who reads all of a body, or puts it
// together from ranges, notices bytes that were flipped on the way.
func digestOf(sum [sha256.Size]byte) string {
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
}

// item is media on the shelf, with what is known of the file it came from.
type item struct {
	media *media
	came  time.Time   // when its last byte did
	file  fs.FileInfo // the newest one seen under its name; nil where it came by HTTP
	left  time.Time   // when it was needed last; zero while it is
	known bool        // that another file of its name came is logged already
}

// keepLonger is for how many target durations media stays beyond its own and a
// playlist's, which RFC 8216, 6.2.2 asks for: a proxy in front of us lists later than
// we do, and one that was killed has nothing left but what we hold.
const keepLonger = 3

// shelf is the media in memory by name. The first whole copy stays.
type shelf struct {
	// keep is how long media stays that nothing needs any more.
	keep time.Duration
	// most is how many of those stay, however fast they came.
	most  int
	items map[string]*item
}

func (s *shelf) has(name string) bool { return s.items[name] != nil }

// put adds media that came at that time, from a file unless that is nil.
func (s *shelf) put(m *media, came time.Time, file fs.FileInfo) {
	s.items[m.name] = &item{media: m, came: came, file: file}
}

// replaced returns the items that have another file under their name than the one
// they came from; stat finds the file.
func (s *shelf) replaced(stat func(name string) (fs.FileInfo, error)) []*item {
	var list []*item
	for name, i := range s.items {
		file, err := stat(name)
		if err != nil || os.SameFile(file, i.file) && file.Size() == i.file.Size() && file.ModTime().Equal(i.file.ModTime()) {
			continue // removed files are the rule
		}
		i.file = file
		list = append(list, i)
	}
	return list
}

// sweep drops what has not been needed for too long, and reports whether it
// dropped anything.
func (s *shelf) sweep(needed func(name string) bool, now time.Time) bool {
	before := len(s.items)
	var idle []*item
	for name, i := range s.items {
		switch {
		case needed(name):
			i.left = time.Time{}
			continue
		case i.left.IsZero():
			i.left = now
		}
		if now.Sub(i.left) > s.keep {
			delete(s.items, name)
			continue
		}
		idle = append(idle, i)
	}
	if over := len(idle) - s.most; over > 0 {
		slices.SortFunc(idle, func(a, b *item) int {
			if c := a.left.Compare(b.left); c != 0 {
				return c
			}
			// What left together goes oldest first, init sections last.
			return cmp.Compare(uint64(a.media.msn), uint64(b.media.msn))
		})
		for _, i := range idle[:over] {
			delete(s.items, i.media.name)
		}
	}
	return len(s.items) != before
}

// upTo is what may be served while the newest listed segment is msn: init
// sections, and no segment from the future.
func (s *shelf) upTo(msn int64) map[string]*media {
	m := make(map[string]*media, len(s.items))
	for name, i := range s.items {
		if i.media.msn <= msn {
			m[name] = i.media
		}
	}
	return m
}

func (s *shelf) bytes() int {
	n := 0
	for i := range maps.Values(s.items) {
		n += len(i.media.body)
	}
	return n
}
