package health

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/services/hls"
)

func TestMarksIdentifyASegment(t *testing.T) {
	shot := time.Date(2024, 4, 5, 11, 23, 59, 0, time.UTC)
	p := &hls.MediaPlaylist{MediaSequence: 7, Segments: []hls.Segment{
		{URI: "7.m4s", Duration: 2 * time.Second, ProgramDateTime: shot, Discontinuity: true},
	}}
	want := []Mark{{MSN: 7, URI: "7.m4s", Duration: 2 * time.Second, ProgramDateTime: shot, Discontinuity: true}}
	if diff := cmp.Diff(want, Marks(p)); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
}
