package output

import (
	"bytes"

	"livestream-tui/services/hls/media"
)

// receiverState is what is known of the objects that one packager has. One goroutine uses
// it.
type receiverState struct {
	has      map[string]bool // names of objects that it has, or will not take
	playlist []byte          // the playlist that it was sent last
	from     int64           // the oldest segment when missed was called last; -1 at first
}

func newReceiverState() *receiverState { return &receiverState{has: map[string]bool{}, from: -1} }

// reset replaces what is known by what the packager itself says that it has.
func (r *receiverState) reset(names []string) {
	r.has, r.playlist = map[string]bool{}, nil
	for _, name := range names {
		r.has[name] = true
	}
}

// lacks returns what the packager lacks of the publication, in the order of delivery.
func (r *receiverState) lacks(p *publication) []object {
	var list []object
	for _, o := range p.objects {
		if !r.has[o.name] {
			list = append(list, o)
		}
	}
	return list
}

// lacksPlaylist reports whether the playlist has to be sent.
func (r *receiverState) lacksPlaylist(p *publication) bool {
	return p.playlist != nil && !bytes.Equal(p.playlist, r.playlist)
}

// missed counts the segments that left the publication while the packager lacked them, and
// forgets all that left it.
func (r *receiverState) missed(p *publication) int {
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
