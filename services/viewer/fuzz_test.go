package viewer

import (
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
)

type hlsPlaylist = m3u8.MediaPlaylist

func FuzzMedia(f *testing.F) {
	segment := slicesOf(7*time.Second, time.Second, 7, 40)
	for _, b := range [][]byte{nil, segment, segment[:len(segment)-9], tsSegment(0, time.Second), packet(1, 0xe0, 1<<33-1), []byte("<html>"), []byte("ID3 and so on")} {
		f.Add(initSection('.'), b, int64(time.Second))
	}
	f.Fuzz(func(t *testing.T, section, b []byte, duration int64) {
		var m Media
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
	s := newStation()
	f.Add(s.playlist(110).Encode(), s.playlist(111).Encode())
	f.Add(s.playlist(110).Encode(), s.playlist(3).Encode())
	f.Add([]byte("#EXTM3U\n#EXT-X-TARGETDURATION:1\n"), []byte("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-BYTERANGE:1\n#EXTINF:1\na\n#EXT-X-BYTERANGE:1\n#EXTINF:1\na\n"))
	f.Fuzz(func(t *testing.T, one, two []byte) {
		var c Playlists
		now := epoch
		for _, b := range [][]byte{one, two} {
			p, err := m3u8.ParseMedia(b)
			if err != nil {
				return
			}
			c.Check(p, now, now)
			if again := c.checkAgain(p, now); len(again) > 0 {
				t.Errorf("the same playlist again: got %v, want nothing new", again)
			}
			if start := startOf(p); start < p.MediaSequence || start > p.NextMSN() {
				t.Errorf("got a start at %d, want it within %d to %d", start, p.MediaSequence, p.NextMSN())
			}
			if n := len(p.Segments); n > 0 {
				rangeOf(p, n-1)
			}
			now = now.Add(time.Hour)
		}
	})
}

// checkAgain are the violations of p against itself.
func (c *Playlists) checkAgain(p *m3u8.MediaPlaylist, now time.Time) []Violation {
	var list []Violation
	for _, v := range c.Check(p, now, now) {
		switch v.Rule {
		case RuleIdentity, RuleSequence, RuleDiscontinuity, RuleGrowth:
			list = append(list, v)
		}
	}
	return list
}

func FuzzSignals(f *testing.F) {
	f.Add([]byte(`["live01"]`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, b []byte) {
		names, err := parseSignals(b)
		if err != nil {
			return
		}
		r := newRoster(nil, time.Minute)
		r.heard(names, func(string) bool { return false }, epoch)
		if got := r.names(); len(got) > len(names) {
			t.Errorf("got %q of %q", got, names)
		}
	})
}
