package discovery

import "slices"

// heard records which signals the packagers have. Pure; the caller holds the lock.
type heard struct {
	names  map[string][]string        // by packager: the signals in its last answer
	silent map[string]bool            // packagers that do not answer
	ended  map[string]map[string]bool // by signal and packager: whether its playlist has ended
}

func newHeard() *heard {
	return &heard{names: map[string][]string{}, silent: map[string]bool{}, ended: map[string]map[string]bool{}}
}

// answered notes which signals a packager has, and reports whether that has changed.
func (h *heard) answered(packager string, names []string) (news bool) {
	news = h.silent[packager] || !slices.Equal(h.names[packager], names)
	h.silent[packager] = false
	h.names[packager] = names
	return news
}

// missed notes that a packager did not answer. Its last answer counts.
func (h *heard) missed(packager string) { h.silent[packager] = true }

// played notes whether the playlist of a signal at a packager has ended. It reports
// whether that is new.
func (h *heard) played(signal, packager string, r result) (news bool) {
	before, was := h.ended[signal][packager]
	if r.Playlist == nil {
		delete(h.ended[signal], packager)
		return false
	}
	if h.ended[signal] == nil {
		h.ended[signal] = map[string]bool{}
	}
	h.ended[signal][packager] = r.Playlist.EndList
	return r.Playlist.EndList && !(was && before)
}

// over reports whether a signal has ended at every packager that has it and answers.
func (h *heard) over(signal string) bool {
	known := false
	for _, ended := range h.ended[signal] {
		if !ended {
			return false
		}
		known = true
	}
	return known
}

// forget drops a signal that has gone, also from the last answers of packagers that do not
// answer: they must name it again.
func (h *heard) forget(signal string) {
	delete(h.ended, signal)
	for packager, names := range h.names {
		if h.silent[packager] {
			h.names[packager] = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == signal })
		}
	}
}

// union adds to the signals on disk those of the packagers. A packager that does not
// answer still has its signals, but for those that have ended.
func (h *heard) union(disk found) []string {
	list := slices.Clone(disk.live)
	for packager, names := range h.names {
		for _, name := range names {
			if !h.silent[packager] || !h.over(name) && !knows(disk.ended, name) {
				list = append(list, name)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
