package multivariant

import (
	"fmt"
	"strconv"
	"strings"

	"livestream-tui/services/hls/m3u8"
)

// Playlist is the multivariant playlist of one media playlist. It changes as seldom as
// possible, because players and caches keep it. The zero Playlist knows nothing.
type Playlist struct {
	Media
	// Peak and Average are bit rates, in bit/s. Peak is 0 before any segment was measured.
	Peak, Average int64
}

// averageMost is by which part the average bit rate may differ from what was measured
// before it follows.
const averageMost = 0.25

// Next is the playlist after new media was looked at and measured. The peak only grows.
// The average follows when it is wrong by a quarter. What was known stays known, unless
// the formats have changed.
func (p Playlist) Next(m Media, peak, average int64) Playlist {
	peak = max(peak, average) // segments may be longer than their target duration
	next := Playlist{Media: m, Peak: roundUp(peak), Average: roundUp(average)}
	same := len(m.Codecs) == 0 || len(p.Codecs) == 0 || strings.Join(m.Codecs, ",") == strings.Join(p.Codecs, ",")
	if !same {
		return next
	}
	next.Peak = max(next.Peak, p.Peak)
	if off := average - p.Average; p.Average > 0 && float64(max(off, -off)) <= averageMost*float64(p.Average) {
		next.Average = p.Average
	}
	next.Average = min(next.Average, next.Peak)
	if len(m.Codecs) == 0 {
		next.Codecs = p.Codecs
	}
	if m.Width == 0 {
		next.Width, next.Height = p.Width, p.Height
	}
	if m.FrameRate == 0 || p.FrameRate > 0 && near(m.FrameRate, p.FrameRate) {
		next.FrameRate = p.FrameRate
	}
	return next
}

// near reports whether two frame rates are the same one, measured on different segments.
func near(a, b float64) bool { return max(a-b, b-a) < 0.02*b }

// IsKnown reports whether there is enough to name the variant: BANDWIDTH is required (RFC
// 8216, 4.3.4.2).
func (p Playlist) IsKnown() bool { return p.Peak > 0 }

// Encode is the playlist as text; uri leads to the media playlist.
func (p Playlist) Encode(uri string) []byte {
	v := m3u8.Variant{URI: uri, Bandwidth: p.Peak, AverageBandwidth: p.Average, Codecs: strings.Join(p.Codecs, ",")}
	if p.Width > 0 && p.Height > 0 {
		v.Resolution = fmt.Sprintf("%dx%d", p.Width, p.Height)
	}
	if p.FrameRate > 0 {
		v.FrameRate = strconv.FormatFloat(p.FrameRate, 'f', 3, 64)
	}
	list := m3u8.MultivariantPlaylist{Version: 6, IndependentSegments: p.Independent, Variants: []m3u8.Variant{v}}
	return list.Encode()
}
