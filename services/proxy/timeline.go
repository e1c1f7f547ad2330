package proxy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"livestream-tui/services/hls"
)

// timeline is the playlist that players are given: append-only, merged from what
// the packagers list. It is pure: no clock, no network. The rules that it holds
// are FAILURES.md's 1 to 5 and 8.
type timeline struct {
	base string // the playlist's own key
	// head is the playlist without its segments: version, target duration, tags.
	head hls.MediaPlaylist
	// entries are consecutive, oldest first; the last of them may be pending.
	entries []entry
	// listed is how many of entries are in the playlist.
	listed int
	// number is the discontinuity number before the first entry:
	// EXT-X-DISCONTINUITY-SEQUENCE.
	number int64
	// window is how long the playlist is to be.
	window time.Duration
	// shift is how the present numbers of the packagers become ours.
	shift shift
	// since is the first MSN under this shift: those before were somebody else's.
	since int64
	epoch int // counts shifts, for their prefixes
}

// entry is one segment.
type entry struct {
	MSN int64
	// Segment is as served.
	Segment hls.Segment
	// Key is as served, Source the key on the packagers; Init and InitSource
	// likewise for its EXT-X-MAP, empty for none.
	Key, Source      string
	Init, InitSource string
	// Theirs: the packager itself lists it with a discontinuity.
	Theirs bool
	// Dated is the packager's own date of it, zero for none.
	Dated time.Time
	// Listed is when it was listed.
	Listed time.Time
	// Method is of the key that is in force (EXT-X-KEY), empty for none.
	Method string
}

// keys are the entry's, of what is served.
func (e *entry) keys() []string {
	list := make([]string, 0, 2)
	for _, key := range [...]string{e.Key, e.Init} {
		if key != "" {
			list = append(list, key)
		}
	}
	return list
}

// wants is what a resource of the entry's must be: what is enciphered as a whole
// (RFC 8216, 4.3.2.4) is no container.
func (e *entry) wants(source string) container {
	if e.Method == "AES-128" {
		return anyContainer
	}
	return containerOf(source)
}

// shift turns a packager's numbers and URIs into ours: after packagers began
// again at other numbers (FAILURES.md, case 15) theirs are not ours.
type shift struct {
	Delta  int64
	Prefix string // of URIs, such as "r1/"; empty at first
}

// next is the MSN of the entry to come.
func (t *timeline) next() int64 {
	if len(t.entries) == 0 {
		return t.head.MediaSequence
	}
	return t.entries[len(t.entries)-1].MSN + 1
}

// empty reports whether nothing was ever adopted.
func (t *timeline) empty() bool { return t.head.TargetDuration == 0 }

// last is the newest MSN listed, -1 when none is.
func (t *timeline) last() int64 {
	if t.listed == 0 {
		return -1
	}
	return t.entries[t.listed-1].MSN
}

func (t *timeline) target() time.Duration {
	return time.Duration(t.head.TargetDuration) * time.Second
}

// offer is what came of a packager's playlist.
type offer struct {
	// Added is how many entries were appended, pending.
	Added int
	// Conflict is in which way the playlist contradicts what was served; such a
	// packager is misaligned.
	Conflict string
	// Behind: its newest segment is older than the oldest entry, or than the present
	// numbers.
	Behind bool
	// Hole is how many segments are missing between ours and its next one; whoever
	// else has them is asked before the hole is filled.
	Hole int64
}

// offer takes the segments that p lists and we do not have. p is not changed.
func (t *timeline) offer(p *hls.MediaPlaylist) offer {
	if len(p.Segments) == 0 {
		return offer{}
	}
	if t.empty() {
		return t.begin(p)
	}
	if c := t.refusal(p); c != "" {
		return offer{Conflict: c}
	}
	first, last := p.MediaSequence+t.shift.Delta, p.LastMSN()+t.shift.Delta
	next := t.next()
	switch {
	case last < t.since || len(t.entries) > 0 && last < t.entries[0].MSN:
		return offer{Behind: true}
	case last < next:
		return offer{Conflict: t.conflict(p)}
	case first > next:
		return offer{Hole: first - next}
	}
	if c := t.conflict(p); c != "" {
		return offer{Conflict: c}
	}
	whole, missing := untilGap(p, next-first)
	if missing && whole.LastMSN()+t.shift.Delta < next {
		return offer{Hole: 1}
	}
	n, err := t.append(whole, next-first, t.shift, false)
	if err != nil {
		return offer{Conflict: err.Error()}
	}
	t.widen(p)
	return offer{Added: n}
}

// untilGap is p without what follows its first EXT-X-GAP from index from on: a peer
// may have what is missing there, and is asked first.
func untilGap(p *hls.MediaPlaylist, from int64) (*hls.MediaPlaylist, bool) {
	for i := from; i < int64(len(p.Segments)); i++ {
		if p.Segments[i].Gap {
			cut := *p
			cut.Segments = p.Segments[:i:i]
			return &cut, true
		}
	}
	return p, false
}

// windowMost is the longest window: a packager's may be hours, to be wound back in.
const windowMost = 10 * time.Minute

// widen makes the window as long as the longest playlist of a packager: one that
// had just begun when it was first seen grows.
func (t *timeline) widen(p *hls.MediaPlaylist) {
	var total time.Duration
	for i := range p.Segments {
		total += p.Segments[i].Duration
	}
	t.window = max(t.window, min(total, windowMost), 3*t.target())
}

// begin adopts the first playlist as it is.
func (t *timeline) begin(p *hls.MediaPlaylist) offer {
	head := *p
	head.Segments, head.Trailing = nil, nil
	head.EndList, head.PlaylistType = false, "" // FAILURES.md, rule 8; and its window slides
	for _, s := range p.Segments {              // some encoders tell less than they list (rule 4)
		head.TargetDuration = max(head.TargetDuration, rounded(s.Duration))
	}
	head.ServerControl, head.PartTarget = nil, 0
	head.Unknown = slices.DeleteFunc(slices.Clone(p.Unknown), lowLatency)
	before := *t
	t.head, t.number = head, p.DiscontinuitySequence
	t.widen(p)
	n, err := t.append(p, 0, t.shift, false)
	if err != nil {
		*t = before
		return offer{Conflict: err.Error()}
	}
	return offer{Added: n}
}

// lowLatency reports whether a header tag speaks of parts, which we do not serve.
func lowLatency(t hls.Tag) bool {
	return strings.HasPrefix(string(t), "#EXT-X-PART-INF") || strings.HasPrefix(string(t), "#EXT-X-SERVER-CONTROL") ||
		strings.HasPrefix(string(t), "#EXT-X-SKIP")
}

// append adds p's segments from index skip on. broken marks the first of them as a
// discontinuity.
func (t *timeline) append(p *hls.MediaPlaylist, skip int64, by shift, broken bool) (int, error) {
	fresh := *p
	fresh.Drop(int(skip)) // hands on what the dropped ones said of those behind
	if skip == 0 {
		fresh.Segments = slices.Clone(p.Segments)
	}
	list := make([]entry, 0, len(fresh.Segments))
	maps := map[string]*hls.Map{}
	var date time.Time // of the entry before
	if n := len(t.entries); n > 0 {
		date = t.entries[n-1].Segment.ProgramDateTime
	}
	if n := len(t.entries); n > 0 && t.entries[n-1].Segment.Map != nil {
		maps[mapName(t.entries[n-1].Segment.Map, "")] = t.entries[n-1].Segment.Map
	}
	method := ""
	for i, s := range fresh.Segments {
		method = inForce(method, s.Keys)
		e := entry{MSN: fresh.MediaSequence + int64(i) + by.Delta, Theirs: s.Discontinuity, Method: method}
		if n := len(t.entries); i == 0 && n > 0 && t.entries[n-1].Method != "" && method == "" && len(s.Keys) == 0 {
			s.Keys = []hls.Key{{Method: "NONE"}} // theirs need not say so: nothing came before
		}
		var err error
		if e.Source, err = resolve(t.base, s.URI); err != nil {
			return 0, fmt.Errorf("msn %d: %w", e.MSN, err)
		}
		s.URI, e.Key, err = t.served(s.URI, by.Prefix)
		if err != nil {
			return 0, fmt.Errorf("msn %d: %w", e.MSN, err)
		}
		if s.Map != nil {
			if e.InitSource, err = resolve(t.base, s.Map.URI); err != nil {
				return 0, fmt.Errorf("msn %d: EXT-X-MAP: %w", e.MSN, err)
			}
			m := *s.Map
			m.URI, e.Init, err = t.served(s.Map.URI, by.Prefix)
			if err != nil {
				return 0, fmt.Errorf("msn %d: EXT-X-MAP: %w", e.MSN, err)
			}
			name := mapName(&m, "")
			if maps[name] == nil {
				maps[name] = &m
			}
			s.Map = maps[name] // the same pointer: the writer writes it once
		}
		s.Unknown = slices.DeleteFunc(slices.Clone(s.Unknown), partTag)
		s.Discontinuity = s.Discontinuity || i == 0 && broken
		if e.Dated = s.ProgramDateTime; !e.Dated.IsZero() {
			if e.Dated.Before(date) {
				s.ProgramDateTime = date // what is served never goes back (FAILURES.md, case 23)
			}
			date = s.ProgramDateTime
		}
		e.Segment = s
		list = append(list, e)
	}
	t.entries = append(t.entries, list...)
	return len(list), nil
}

// inForce is the method of the key that is in force after these tags.
func inForce(method string, keys []hls.Key) string {
	for _, k := range keys {
		if method = k.Method; method == "NONE" {
			method = ""
		}
	}
	return method
}

// partTag reports whether a segment's tag speaks of parts.
func partTag(t hls.Tag) bool {
	return strings.HasPrefix(string(t), "#EXT-X-PART") || strings.HasPrefix(string(t), "#EXT-X-PRELOAD-HINT") ||
		strings.HasPrefix(string(t), "#EXT-X-RENDITION-REPORT")
}

// served is a URI and key as players see it.
func (t *timeline) served(uri, prefix string) (string, string, error) {
	uri = shifted(uri, prefix)
	key, err := resolve(t.base, uri)
	return uri, key, err
}

// shifted puts the prefix before the last element of a URI's path, so that it
// still lies within its folder.
func shifted(uri, prefix string) string {
	if prefix == "" {
		return uri
	}
	p, query, has := strings.Cut(uri, "?")
	i := strings.LastIndexByte(p, '/') + 1
	uri = p[:i] + prefix + p[i:]
	if has {
		uri += "?" + query
	}
	return uri
}

// pending are the entries that are not listed yet, oldest first.
func (t *timeline) pending() []entry { return t.entries[t.listed:] }

// list lists the next n pending entries and drops from the head what the window
// does not hold any more, which it returns. Nothing goes before it was listed for a
// target duration: several may come at once, and players have to have seen them.
func (t *timeline) list(n int, now time.Time) (dropped []entry) {
	for range n {
		t.entries[t.listed].Listed = now
		t.listed++
	}
	var total time.Duration
	for _, e := range t.entries[:t.listed] {
		total += e.Segment.Duration
	}
	k := 0
	for k < t.listed-1 && now.Sub(t.entries[k].Listed) >= t.target() && total-t.entries[k].Segment.Duration >= t.window {
		total -= t.entries[k].Segment.Duration
		if t.entries[k].Segment.Discontinuity {
			t.number++
		}
		k++
	}
	if k == 0 {
		return nil
	}
	p := t.playlist()
	p.Drop(k) // hands on what the dropped ones said of those behind
	dropped = t.entries[:k:k]
	t.entries = slices.Clone(t.entries[k:])
	t.entries[0].Segment = p.Segments[0]
	t.listed -= k
	return dropped
}

// playlist is what is listed.
func (t *timeline) playlist() *hls.MediaPlaylist {
	p := t.head
	p.DiscontinuitySequence = t.number
	if t.listed > 0 {
		p.MediaSequence = t.entries[0].MSN
	}
	p.Segments = make([]hls.Segment, t.listed)
	for i := range p.Segments {
		p.Segments[i] = t.entries[i].Segment
	}
	return &p
}
