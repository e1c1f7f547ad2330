package player

import (
	"testing"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/viewer/stationtest"
)

// FuzzStart holds that a player begins within any playlist that parses.
func FuzzStart(f *testing.F) {
	s := stationtest.New()
	f.Add(s.Playlist(110).Encode())
	f.Add([]byte("#EXTM3U\n#EXT-X-TARGETDURATION:1\n"))
	f.Add([]byte("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-BYTERANGE:1\n#EXTINF:1\na\n#EXT-X-BYTERANGE:1\n#EXTINF:1\na\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := m3u8.ParseMedia(b)
		if err != nil {
			return
		}
		if start := startOf(p); start < p.MediaSequence || start > p.NextMSN() {
			t.Errorf("got a start at %d, want it within %d to %d", start, p.MediaSequence, p.NextMSN())
		}
		if n := len(p.Segments); n > 0 {
			rangeOf(p, n-1)
		}
	})
}
