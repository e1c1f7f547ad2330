package discovery

import "slices"

// heard is what packagers say of which signals there are. Pure: the caller brings the
// lock.
type heard struct {
	names  map[string][]string        // by packager: what it has that goes on, as it said last
	silent map[string]bool            // packagers that do not answer
	ended  map[string]map[string]bool // by signal: whether its playlist says that it has ended, by packager
}

func newHeard() *heard {
	return &heard{names: map[string][]string{}, silent: map[string]bool{}, ended: map[string]map[string]bool{}}
}

// answered notes which signals a packager has, and reports whether that is news.
func (h *heard) answered(packager string, names []string) (news bool) {
	news = h.silent[packager] || !slices.Equal(h.names[packager], names)
	h.silent[packager] = false
	h.names[packager] = names
	return news
}

// missed notes that a packager did not answer. What it said last counts.
func (h *heard) missed(packager string) { h.silent[packager] = true }

// played notes what a packager's playlist of a signal says. It reports whether that
// is news.
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

// forget drops a signal that has gone, also from what silent packagers said before:
// they are to say it anew.
func (h *heard) forget(signal string) {
	delete(h.ended, signal)
	for packager, names := range h.names {
		if h.silent[packager] {
			h.names[packager] = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == signal })
		}
	}
}

// union adds to the signals on disk those that packagers have. One that does not
// answer has not lost what it has, unless that has ended meanwhile.
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
