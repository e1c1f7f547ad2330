package fault

import (
	"slices"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/packager/window"
)

// viewed is a store as the fault in force has it. No peer is said to be fresher: a
// fault is to be seen.
type viewed struct {
	window.Store
	fault inForce
}

func (v viewed) Find(signal string) (*window.Snapshot, bool) {
	snap, known := v.Store.Find(signal)
	if snap != nil && !snap.Gone {
		snap = v.fault.view(snap)
	}
	return snap, known
}

func (v viewed) Behind(string, *window.Snapshot) string { return "" }

// view is what the fault makes of a snapshot.
func (f inForce) view(snap *window.Snapshot) *window.Snapshot {
	switch f.Mode {
	case Stale:
		if f.frozen == nil {
			return snap // published after the fault was set
		}
		return f.frozen
	case Lag:
		return lagging(snap, f.Segments)
	case TruncatePlaylist:
		return truncated(snap)
	case EndList:
		list := *snap.List
		list.EndList = true
		return showing(snap, &list)
	case RestartMSN:
		return restarted(snap, f.frozen)
	case Misaligned:
		return misaligned(snap)
	}
	return snap
}

// showing returns a snapshot with another playlist.
func showing(snap *window.Snapshot, list *m3u8.MediaPlaylist) *window.Snapshot {
	c := *snap
	c.List, c.Body = list, list.Encode()
	c.ETag = window.ETagOf(c.Body)
	return &c
}

// lagging takes the newest n segments away; one always stays.
func lagging(snap *window.Snapshot, n int) *window.Snapshot {
	list := *snap.List
	list.Segments = list.Segments[:max(len(list.Segments)-n, 1)]
	late := showing(snap, &list)
	late.Media = map[string]*window.Media{}
	for name, m := range snap.Media {
		if m.MSN <= list.LastMSN() {
			late.Media[name] = m
		}
	}
	return late
}

// truncated cuts the playlist in the middle of a line.
func truncated(snap *window.Snapshot) *window.Snapshot {
	c := *snap
	end := len(c.Body) * 2 / 3
	if c.Body[end-1] == '\n' {
		end--
	}
	c.Body = c.Body[:end]
	c.ETag = window.ETagOf(c.Body)
	return &c
}

// restarted numbers the segments from what was the oldest when the fault was set.
func restarted(snap, frozen *window.Snapshot) *window.Snapshot {
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

// misaligned gives each number the segment before its own, the oldest one none.
func misaligned(snap *window.Snapshot) *window.Snapshot {
	if len(snap.List.Segments) < 2 {
		return snap
	}
	list := *snap.List
	list.MediaSequence++
	list.Segments = list.Segments[:len(list.Segments)-1]
	return showing(snap, &list)
}
