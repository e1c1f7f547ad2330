package rules

import (
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/viewer/stationtest"
)

func FuzzMedia(f *testing.F) {
	segment := stationtest.Segment(7*time.Second, time.Second, 7, 40)
	for _, b := range [][]byte{nil, segment, segment[:len(segment)-9], stationtest.TransportStream(0, time.Second), stationtest.Packet(1, 0xe0, 1<<33-1), []byte("<html>"), []byte("ID3 and so on")} {
		f.Add(stationtest.Init('.'), b, int64(time.Second))
	}
	f.Fuzz(func(t *testing.T, section, b []byte, duration int64) {
		var m MediaCheck
		told := m.Init(section)
		if (m.init == nil) != (len(told) > 0) {
			t.Errorf("init: got %v, want an init section or why not", told)
		}
		for msn := range int64(2) {
			told, playable := m.Segment(msn, b, time.Duration(duration))
			if !playable && len(told) == 0 {
				t.Error("got a body that cannot be played and no reason")
			}
		}
	})
}

func FuzzPlaylists(f *testing.F) {
	s := stationtest.New()
	f.Add(s.Playlist(110).Encode(), s.Playlist(111).Encode())
	f.Add(s.Playlist(110).Encode(), s.Playlist(3).Encode())
	f.Add([]byte("#EXTM3U\n#EXT-X-TARGETDURATION:1\n"), []byte("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-BYTERANGE:1\n#EXTINF:1\na\n#EXT-X-BYTERANGE:1\n#EXTINF:1\na\n"))
	f.Fuzz(func(t *testing.T, one, two []byte) {
		var c PlaylistCheck
		now := time.Date(2024, 4, 5, 11, 23, 45, 0, time.UTC)
		for _, b := range [][]byte{one, two} {
			p, err := m3u8.ParseMedia(b)
			if err != nil {
				return
			}
			c.Check(p, now, now)
			if again := checkAgain(&c, p, now); len(again) > 0 {
				t.Errorf("the same playlist again: got %v, want nothing new", again)
			}
			now = now.Add(time.Hour)
		}
	})
}

// checkAgain are the violations of p against itself.
func checkAgain(c *PlaylistCheck, p *m3u8.MediaPlaylist, now time.Time) []Violation {
	var list []Violation
	for _, v := range c.Check(p, now, now) {
		switch v.Rule {
		case Identity, Sequence, DiscontinuitySequence, Growth:
			list = append(list, v)
		}
	}
	return list
}
