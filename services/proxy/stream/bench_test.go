package stream

import (
	"fmt"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/proxy/uri"
)

// BenchmarkTick is what a playlist costs that is followed on three packagers while
// nothing happens.
func BenchmarkTick(b *testing.B) {
	now := epoch
	s := New([]string{"http://one", "http://two", "http://three"})
	s, _ = Step(s, Begin{At(now), "/live/v.m3u8", "/live/v.m3u8"})
	for i := range 3 {
		l := &m3u8.MediaPlaylist{Version: 3, TargetDuration: 2, MediaSequence: 100, ServerControl: &m3u8.ServerControl{CanBlockReload: true}}
		for n := range 10 {
			l.Segments = append(l.Segments, m3u8.Segment{URI: fmt.Sprintf("%d.ts", 100+n), Duration: 2 * time.Second})
		}
		found := uri.Found{Packager: i, Target: "/live/v.m3u8", Key: "/live/v.m3u8"}
		s, _ = Step(s, Loaded{At(now), "/live/v.m3u8", i, Answer{Began: now, Media: l, Raw: l.Encode(), Found: found}})
	}
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(time.Microsecond)
		s, _ = Step(s, Tick{At: At(now)})
	}
}
