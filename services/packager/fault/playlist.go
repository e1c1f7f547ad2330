package fault

import (
	"slices"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/packager/window"
)

// The faults that change playlists.

// viewed is a store as the fault in force shows it. No peer is said to be fresher, so
// that the fault is seen.
type viewed struct {
	window.Store
	fault inForce
	view  func(f Fault, snap, frozen *window.Snapshot) *window.Snapshot // nil changes nothing
}

func (v viewed) Find(signal string) (*window.Snapshot, bool) {
	snap, known := v.Store.Find(signal)
	if v.view != nil && snap != nil && !snap.Gone {
		snap = v.view(v.fault.Fault, snap, v.fault.frozen)
	}
	return snap, known
}

func (v viewed) Behind(string, *window.Snapshot) string { return "" }

// showing returns a snapshot with another playlist.
func showing(snap *window.Snapshot, list *m3u8.MediaPlaylist) *window.Snapshot {
	c := *snap
	c.List, c.Body = list, list.Encode()
	c.ETag = window.ETagOf(c.Body)
	return &c
}

func stale(_ Fault, snap, frozen *window.Snapshot) *window.Snapshot {
	if frozen == nil {
		return snap // published after the fault was set
	}
	return frozen
}

// lagging removes the newest segments; one always stays.
func lagging(f Fault, snap, _ *window.Snapshot) *window.Snapshot {
	list := *snap.List
	list.Segments = list.Segments[:max(len(list.Segments)-f.Segments, 1)]
	late := showing(snap, &list)
	late.Media = map[string]*window.Media{}
	for name, m := range snap.Media {
		if m.MSN <= list.LastMSN() {
			late.Media[name] = m
		}
	}
	return late
}

// cut ends the playlist in the middle of a line.
func cut(_ Fault, snap, _ *window.Snapshot) *window.Snapshot {
	c := *snap
	end := len(c.Body) * 2 / 3
	if c.Body[end-1] == '\n' {
		end--
	}
	c.Body = c.Body[:end]
	c.ETag = window.ETagOf(c.Body)
	return &c
}

func ended(_ Fault, snap, _ *window.Snapshot) *window.Snapshot {
	list := *snap.List
	list.EndList = true
	return showing(snap, &list)
}

// restarted numbers the segments from the one that was the oldest when the fault was set.
func restarted(_ Fault, snap, frozen *window.Snapshot) *window.Snapshot {
	base := snap.List.MediaSequence
	if frozen != nil {
		base = frozen.List.MediaSequence
	}
	list := *snap.List
	list.MediaSequence -= base
	list.DiscontinuitySequence = 0
	list.Segments = slices.Clone(list.Segments)
	for i := range list.Segments {
		list.Segments[i].URI = media.SegmentName(list.MediaSequence + int64(i))
	}
	again := showing(snap, &list)
	again.Media = map[string]*window.Media{}
	for name, m := range snap.Media {
		again.Media[name] = m
		if m.MSN >= base {
			again.Media[media.SegmentName(m.MSN-base)] = m
		}
	}
	return again
}

// misaligned gives each number the segment before its own; the oldest number is dropped.
func misaligned(_ Fault, snap, _ *window.Snapshot) *window.Snapshot {
	if len(snap.List.Segments) < 2 {
		return snap
	}
	list := *snap.List
	list.MediaSequence++
	list.Segments = list.Segments[:len(list.Segments)-1]
	return showing(snap, &list)
}
