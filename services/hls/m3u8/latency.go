package m3u8

import "slices"

// Parts reports whether the playlist is one of low latency (rfc8216bis, 4.4.3.7, 4.4.4.9
// and 4.4.5.3): it has EXT-X-PART-INF, or a part or a hint of one anywhere.
func (p *MediaPlaylist) Parts() bool {
	if p.PartTarget > 0 || slices.ContainsFunc(p.Unknown, named("#EXT-X-PART-INF")) || slices.ContainsFunc(p.Trailing, ofParts) {
		return true
	}
	return slices.ContainsFunc(p.Segments, func(s Segment) bool { return slices.ContainsFunc(s.Unknown, ofParts) })
}

// LastPart is the index, as Pos has it, of the newest part of the segment that is not
// complete yet: how many EXT-X-PART tags Trailing has, less one; -1 for none.
func (p *MediaPlaylist) LastPart() int {
	last := -1
	for _, t := range p.Trailing {
		if t.name() == "#EXT-X-PART" {
			last++
		}
	}
	return last
}

// Defines reports whether the playlist has EXT-X-DEFINE, so that its URIs may hold
// variables (rfc8216bis, 4.3).
func (p *MediaPlaylist) Defines() bool { return slices.ContainsFunc(p.Unknown, named("#EXT-X-DEFINE")) }

// Skips reports whether the playlist is a delta update: it has EXT-X-SKIP (rfc8216bis,
// 4.4.5.2), and its segments are not numbered as they should be.
func (p *MediaPlaylist) Skips() bool { return slices.ContainsFunc(p.Unknown, named("#EXT-X-SKIP")) }

func named(name string) func(Tag) bool { return func(t Tag) bool { return t.name() == name } }

func ofParts(t Tag) bool {
	name := t.name()
	return name == "#EXT-X-PART" || name == "#EXT-X-PRELOAD-HINT"
}
