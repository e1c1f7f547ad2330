package health

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/services/hls/m3u8"
)

func TestMarksIdentifyASegment(t *testing.T) {
	shot := time.Date(2024, 4, 5, 11, 23, 59, 0, time.UTC)
	p := &m3u8.MediaPlaylist{MediaSequence: 7, Segments: []m3u8.Segment{
		{URI: "7.m4s", Duration: 2 * time.Second, ProgramDateTime: shot, Discontinuity: true},
	}}
	want := []Mark{{MSN: 7, URI: "7.m4s", Duration: 2 * time.Second, ProgramDateTime: shot, Discontinuity: true}}
	if diff := cmp.Diff(want, Marks(p)); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
}
