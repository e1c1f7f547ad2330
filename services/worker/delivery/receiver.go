package delivery

import (
	"bytes"

	"livestream-tui/services/hls/media"
)

// receiver is what is known of one packager. One goroutine uses it.
type receiver struct {
	has      map[string]bool // names that it has, or will not take
	playlist []byte          // the playlist that it was sent last
	from     int64           // the oldest segment at the last look; -1 before the first
}

func newReceiver() *receiver { return &receiver{has: map[string]bool{}, from: -1} }

// holds notes what the packager says that it has, which is all that counts from
// then on.
func (r *receiver) holds(names []string) {
	r.has, r.playlist = map[string]bool{}, nil
	for _, name := range names {
		r.has[name] = true
	}
}

// lacks returns what the packager lacks of the publication, in the order of delivery.
func (r *receiver) lacks(p *publication) []object {
	var list []object
	for _, o := range p.objects {
		if !r.has[o.name] {
			list = append(list, o)
		}
	}
	return list
}

// lacksPlaylist reports whether the playlist is to be sent.
func (r *receiver) lacksPlaylist(p *publication) bool {
	return p.playlist != nil && !bytes.Equal(p.playlist, r.playlist)
}

// missed counts the segments whose time passed while the packager lacked them, and
// forgets what is published no more.
func (r *receiver) missed(p *publication) int {
	n, oldest := 0, p.oldest()
	if r.from >= 0 {
		for msn := r.from; msn < oldest && msn < r.from+int64(len(r.has)+len(p.objects)); msn++ {
			if !r.has[media.SegmentName(msn)] {
				n++
			}
		}
	}
	r.from = oldest
	for name := range r.has {
		if msn, err := media.SegmentNumber(name); err == nil && msn < oldest {
			delete(r.has, name)
		}
	}
	return n
}
