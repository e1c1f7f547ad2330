package packager

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"livestream-tui/services/hls"
)

// leastWindow is how many segments a window that begins anew must have: a live
// playlist is at least three target durations long (RFC 8216, 6.2.2).
const leastWindow = 3

// entry is a segment as playlists list it.
type entry struct {
	msn int64
	// number is its discontinuity number: EXT-X-DISCONTINUITY-SEQUENCE plus the
	// discontinuities up to and with this segment.
	number  int64
	segment hls.Segment
}

// window is what the packager lists: segments without a hole, oldest first. What
// is listed never changes, its numbers never go down, and what two packagers list
// under one number is the same, since all of it comes from the worker's playlist.
type window struct {
	size   int
	target int // seconds; that of the first playlist, for good
	listed []entry
}

// entriesOf reads the worker's playlist. Its segments must be named for their
// numbers: so the number on disk, in the playlist and in the URI are one.
func entriesOf(list *hls.MediaPlaylist) ([]entry, error) {
	entries := make([]entry, 0, len(list.Segments))
	number := list.DiscontinuitySequence
	for i, s := range list.Segments {
		msn := list.MediaSequence + int64(i)
		switch {
		case s.URI != segmentName(msn):
			return nil, fmt.Errorf("msn %d is %q, %q is due", msn, s.URI, segmentName(msn))
		case s.Map == nil || !isInit(s.Map.URI) || s.Map.ByteRange != nil:
			return nil, fmt.Errorf("msn %d has no init section named init-*.mp4", msn)
		case len(s.Keys) > 0 || s.ByteRange != nil:
			return nil, fmt.Errorf("msn %d has keys or a byte range, which workers do not write", msn)
		case s.Duration.Round(time.Second) > time.Duration(list.TargetDuration)*time.Second:
			return nil, fmt.Errorf("msn %d lasts %s, more than the target duration of %d s", msn, s.Duration, list.TargetDuration)
		}
		if s.Discontinuity {
			number++
		}
		entries = append(entries, entry{msn, number, hls.Segment{
			URI: s.URI, Duration: s.Duration, Discontinuity: s.Discontinuity, Gap: s.Gap,
			Map: &hls.Map{URI: s.Map.URI}, ProgramDateTime: s.ProgramDateTime,
		}})
	}
	return entries, nil
}

// newest is the MSN of the newest segment listed, -1 when there is none.
func (w *window) newest() int64 {
	if len(w.listed) == 0 {
		return -1
	}
	return w.listed[len(w.listed)-1].msn
}

// at returns what is listed under a number.
func (w *window) at(msn int64) (entry, bool) {
	if len(w.listed) == 0 || msn < w.listed[0].msn || msn > w.newest() {
		return entry{}, false
	}
	return w.listed[msn-w.listed[0].msn], true
}

// due returns those of the worker's entries that are newer than what is listed.
func (w *window) due(all []entry) []entry {
	newest := w.newest()
	i, _ := slices.BinarySearchFunc(all, newest+1, func(e entry, msn int64) int { return int(e.msn - msn) })
	return all[i:]
}

// advance lists what is due of the worker's entries, as far as whole says that
// their media is there, and reports whether anything was listed. There never is a
// hole: where media is missing, the window waits, until enough came after it for
// the window to begin anew behind it.
func (w *window) advance(all []entry, target int, whole func(entry) bool) (bool, error) {
	return w.list(w.choose(w.due(all), whole), target)
}

// list lists entries that were chosen, and reports whether there was any.
func (w *window) list(due []entry, target int) (bool, error) {
	if len(due) == 0 {
		return false, nil
	}
	if w.target == 0 {
		w.target = target
	}
	for _, e := range due {
		if limit := time.Duration(w.target) * time.Second; e.segment.Duration.Round(time.Second) > limit {
			return false, fmt.Errorf("msn %d lasts %s, more than the target duration of %s, which must not change", e.msn, e.segment.Duration, limit)
		}
	}
	for _, e := range due {
		w.add(e)
	}
	return true, nil
}

// choose returns the entries to list: those that go on from what is listed, or
// the newest that are enough for a window of their own.
func (w *window) choose(due []entry, whole func(entry) bool) []entry {
	var chosen []entry
	for i := 0; i < len(due); {
		end := i
		for end < len(due) && whole(due[end]) && (end == i || due[end].msn == due[end-1].msn+1) {
			end++
		}
		follows := i == 0
		first := len(w.listed) == 0 && len(chosen) == 0 // a short window is better than none
		if run := due[i:end]; follows || first || len(run) >= leastWindow {
			chosen = run
		}
		if end < len(due) && !whole(due[end]) {
			end++
		}
		i = end
	}
	return chosen
}

func (w *window) add(e entry) {
	if n := len(w.listed); n > 0 {
		last := w.listed[n-1]
		follows := e.msn == last.msn+1
		if follows && last.segment.Map.URI != e.segment.Map.URI {
			e.segment.Discontinuity = true // else players would not start a decoder anew
		}
		least := last.number
		if e.segment.Discontinuity {
			least++
		}
		if follows {
			e.number = least
		} else {
			// The worker has jumped: the window begins anew.
			e.number, w.listed = max(e.number, least), nil
		}
	}
	w.listed = append(w.listed, e)
	if over := len(w.listed) - w.size; over > 0 {
		w.listed = slices.Clone(w.listed[over:])
	}
}

// contradicts returns those of the worker's entries that are not what is listed
// under their number: what was listed first stays.
func (w *window) contradicts(all []entry) []entry {
	var found []entry
	for _, e := range all {
		if old, ok := w.at(e.msn); ok && (!old.says(e) || old.segment.Gap != e.segment.Gap) {
			found = append(found, e)
		}
	}
	return found
}

// uses reports whether what is listed needs the file called name.
func (w *window) uses(name string) bool {
	return slices.ContainsFunc(w.listed, func(e entry) bool { return e.segment.URI == name || e.segment.Map.URI == name })
}

// playlist is the packager's own; its segments are shared with the window and
// must not be changed.
func (w *window) playlist() *hls.MediaPlaylist {
	p := &hls.MediaPlaylist{
		Version: 7, TargetDuration: w.target, IndependentSegments: true,
		ServerControl: &hls.ServerControl{CanBlockReload: true, HoldBack: 3 * time.Duration(w.target) * time.Second},
	}
	for i, e := range w.listed {
		if i == 0 {
			p.MediaSequence, p.DiscontinuitySequence = e.msn, e.number
			if e.segment.Discontinuity {
				p.DiscontinuitySequence--
			}
		}
		p.Segments = append(p.Segments, e.segment)
	}
	return p
}

const (
	playlistName = "playlist.m3u8"
	segmentExt   = ".m4s"
	initPrefix   = "init-"
	initExt      = ".mp4"
)

func segmentName(msn int64) string { return strconv.FormatInt(msn, 10) + segmentExt }

// numberOf is the MSN in a segment's name; only the one way to write a number
// counts, so that a segment has one name.
func numberOf(name string) (int64, error) {
	digits, ok := strings.CutSuffix(name, segmentExt)
	n, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || n < 0 || segmentName(n) != name {
		return 0, errors.New("not the name of a segment")
	}
	return n, nil
}

func isInit(name string) bool {
	id, ok := strings.CutPrefix(name, initPrefix)
	id, isMP4 := strings.CutSuffix(id, initExt)
	return ok && isMP4 && id != "" && len(id) <= 64 && strings.Trim(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-") == ""
}
