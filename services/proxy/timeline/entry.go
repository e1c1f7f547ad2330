package timeline

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"livestream-tui/services/hls/container"
	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/proxy/uri"
)

// Resource is a part of an entry that a packager has: its segment, its init section, a
// key.
type Resource struct {
	// Key is its key for players; empty when they ask another host.
	Key string `json:"key,omitempty"`
	// Packager is the index of the packager that names it, Target its path and query
	// there.
	Packager int    `json:"packager"`
	Target   string `json:"target,omitempty"`
	// Range is the part that is meant; nil means the whole.
	Range *m3u8.ByteRange `json:"range,omitempty"`
}

// ID identifies a resource: its key, with its range.
func (r Resource) ID() string { return RangeID(r.Key, r.Range) }

// RangeID is the ID of a range of the resource at a key; nil means the whole.
func RangeID(key string, r *m3u8.ByteRange) string {
	if r == nil || key == "" {
		return key
	}
	return key + "#" + strconv.FormatInt(r.Offset, 10) + "-" + strconv.FormatInt(r.Offset+r.Length-1, 10)
}

// Entry is one segment.
type Entry struct {
	MSN int64 `json:"msn"`
	// Segment is as it is served, except that Keys are all keys in force.
	Segment m3u8.Segment `json:"segment"`
	Media   Resource     `json:"media"`
	// Init is its EXT-X-MAP; nil when it has none.
	Init *Resource `json:"init,omitempty"`
	// Keys are the key files of its EXT-X-KEY tags that are at packagers.
	Keys []Resource `json:"keys,omitempty"`
	// Packager is the index of the packager that listed it.
	Packager int `json:"packager"`
	// Name is the name that another packager's segment of the same number must have; with
	// any other name it must be compared.
	Name string `json:"name"`
	// Theirs means that the packager itself lists it with a discontinuity.
	Theirs bool `json:"theirs,omitempty"`
	// Dated is the packager's own date of it, zero when it has none.
	Dated time.Time `json:"dated,omitzero"`
	// Listed is when it was listed.
	Listed time.Time `json:"listed,omitzero"`
	// Content identifies its bytes; zero before they were fetched.
	Content Content `json:"content,omitzero"`
}

// Content identifies the media of a segment.
type Content struct {
	// Digest is that of all its bytes, empty while they are unknown.
	Digest string `json:"digest,omitempty"`
	// Init is the digest of its init section, if it has one that is known.
	Init string `json:"init,omitempty"`
	// Start is its first timestamp, if its bytes have one.
	Start    container.Timestamp `json:"start,omitzero"`
	HasStart bool                `json:"has_start,omitempty"`
	Format   container.Format    `json:"format,omitempty"`
	// Sealed means that it is enciphered, so that equal media have equal bytes only under
	// the same key.
	Sealed bool `json:"sealed,omitempty"`
}

// Outside reports whether players ask another host for it.
func (e *Entry) Outside() bool { return e.Media.Key == "" && !e.Segment.Gap }

// Enciphered reports whether its bytes show nothing without a key (RFC 8216, 4.3.2.4).
func (e *Entry) Enciphered() bool {
	return slices.ContainsFunc(e.Segment.Keys, func(k m3u8.Key) bool { return strings.HasPrefix(k.Method, "AES-") })
}

// Resources are all its parts at packagers, the segment last.
func (e *Entry) Resources() []Resource {
	list := make([]Resource, 0, 2)
	list = append(list, e.Keys...)
	if e.Init != nil {
		list = append(list, *e.Init)
	}
	if e.Media.Key != "" {
		list = append(list, e.Media)
	}
	return list
}

// builder makes entries out of a packager's list.
type builder struct {
	t    *Timeline
	l    List
	keys []m3u8.Key              // in force
	maps map[*m3u8.Map]*m3u8.Map // as served
	init map[*m3u8.Map]*Resource
	ends map[string]int64 // of the last byte range, by URI
}

func (t *Timeline) builder(l List) *builder {
	return &builder{t: t, l: l, maps: map[*m3u8.Map]*m3u8.Map{}, init: map[*m3u8.Map]*Resource{}, ends: map[string]int64{}}
}

// pass notes a segment that makes no entry: what it says holds for the segments after it.
func (b *builder) pass(s *m3u8.Segment) {
	b.keys = m3u8.Succeed(b.keys, s.Keys)
	b.span(s)
}

// span is the segment's byte range with its offset (RFC 8216, 4.3.2.2).
func (b *builder) span(s *m3u8.Segment) *m3u8.ByteRange {
	if s.ByteRange == nil {
		return nil
	}
	r := *s.ByteRange
	if r.Offset < 0 {
		r.Offset = b.ends[s.URI]
	}
	b.ends[s.URI] = r.Offset + r.Length
	return &r
}

func (b *builder) place(ref string) (uri.Place, Resource, error) {
	p, err := b.t.Hosts.Place(b.l.Found, ref, b.t.Shift.Prefix)
	if err != nil || p.Outside() {
		return p, Resource{}, err
	}
	return p, Resource{Key: p.Key, Packager: p.Packager, Target: p.Target}, nil
}

// entry makes the entry of the list's segment i.
func (b *builder) entry(i int) (Entry, error) {
	s := b.l.Segments[i]
	theirs := b.l.MediaSequence + int64(i)
	e := Entry{MSN: theirs + b.t.Shift.Delta, Theirs: s.Discontinuity, Packager: b.l.Found.Packager, Dated: s.ProgramDateTime}
	place, media, err := b.place(s.URI)
	if err != nil {
		return e, fmt.Errorf("msn %d: URI %.80q: %w", theirs, s.URI, err)
	}
	e.Media, e.Name = media, nameOf(place, media)
	s.ByteRange = b.span(&s)
	e.Media.Range = s.ByteRange
	s.URI = place.URI
	b.keys = m3u8.Succeed(b.keys, s.Keys)
	if s.Keys, e.Keys, err = b.keysOf(theirs); err != nil {
		return e, fmt.Errorf("msn %d: EXT-X-KEY: %w", theirs, err)
	}
	if s.Map, e.Init, err = b.mapOf(s.Map); err != nil {
		return e, fmt.Errorf("msn %d: EXT-X-MAP: %w", theirs, err)
	}
	s.Unknown = plainTags(s.Unknown)
	e.Segment = s
	return e, nil
}

func nameOf(p uri.Place, r Resource) string {
	if p.Outside() {
		return uri.Name(p.URI)
	}
	return uri.Name(r.Target)
}

// keysOf are the keys in force as they are served. A vector that follows from the
// packager's MSN is written out when the MSN here is another (RFC 8216, 5.2).
func (b *builder) keysOf(theirs int64) ([]m3u8.Key, []Resource, error) {
	var keys []m3u8.Key
	var files []Resource
	for _, k := range b.keys {
		place, file, err := b.place(k.URI)
		if err != nil {
			return nil, nil, err
		}
		if file.Key != "" {
			files = append(files, file)
		}
		k.URI = place.URI
		if k.IV == "" && b.t.Shift.Delta != 0 && (k.KeyFormat == "" || k.KeyFormat == "identity") {
			k.IV = fmt.Sprintf("0x%032x", theirs)
		}
		keys = append(keys, k)
	}
	return keys, files, nil
}

// mapOf is the init section as it is served. Entries with the same one share the pointer,
// so that it is written once.
func (b *builder) mapOf(m *m3u8.Map) (*m3u8.Map, *Resource, error) {
	if m == nil {
		return nil, nil, nil
	}
	if r, known := b.init[m]; known {
		return b.maps[m], r, nil
	}
	place, file, err := b.place(m.URI)
	if err != nil {
		return nil, nil, err
	}
	served := *m
	served.URI = place.URI
	if r := m.ByteRange; r != nil {
		at := *r
		at.Offset = max(at.Offset, 0)
		served.ByteRange = &at
	}
	file.Range = served.ByteRange
	init := &file
	if file.Key == "" {
		init = nil
	}
	b.maps[m], b.init[m] = &served, init
	return &served, init, nil
}

// append adds l's segments from index skip on. broken makes the first of them a
// discontinuity. An error leaves t unchanged.
func (t *Timeline) append(l List, skip int64, broken bool) (int, error) {
	b := t.builder(l)
	for i := range l.Segments[:skip] {
		b.pass(&l.Segments[i])
	}
	list := make([]Entry, 0, int64(len(l.Segments))-skip)
	drift := t.drift(l)
	for i := int(skip); i < len(l.Segments); i++ {
		e, err := b.entry(i)
		if err != nil {
			return 0, err
		}
		e.Segment.Discontinuity = e.Theirs || broken && i == int(skip)
		if e.Segment.Discontinuity {
			drift = 0 // another timeline has its own dates
		}
		if !e.Dated.IsZero() {
			e.Segment.ProgramDateTime = e.Dated.Add(drift)
		}
		list = append(list, e)
	}
	if n := len(t.Entries); n > 0 && len(list) > 0 && t.Entries[n-1].Segment.Map != nil && list[0].Segment.Map == nil {
		// An EXT-X-MAP holds until the next one, and nothing else ends it (RFC 8216,
		// 4.3.2.5).
		return 0, fmt.Errorf("msn %d: it has no EXT-X-MAP, unlike what was served before", list[0].MSN)
	}
	if n := len(t.Entries); n > 0 {
		list = t.datedBehind(&t.Entries[n-1], list)
	}
	t.Entries = append(t.Entries, list...)
	return len(list), nil
}

// datedBehind keeps dates from going back within a timeline.
func (t *Timeline) datedBehind(last *Entry, list []Entry) []Entry {
	date := last.Segment.ProgramDateTime
	for i := range list {
		s := &list[i].Segment
		if s.Discontinuity {
			date = time.Time{}
		}
		if !s.ProgramDateTime.IsZero() && s.ProgramDateTime.Before(date) {
			s.ProgramDateTime = date
		}
		if !s.ProgramDateTime.IsZero() {
			date = s.ProgramDateTime
		}
	}
	return list
}
