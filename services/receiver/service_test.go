package receiver

import (
	"strings"
	"testing"

	"livestream-tui/services/receiver/input"
	"livestream-tui/services/receiver/sampletest"
)

func TestSamplesOfAnInputAreServedAsAPlaylistThatFFmpegPlaysWithoutAWarning(t *testing.T) {
	t.Parallel()
	f, list := sampletest.Make(t, sampletest.Source{Seconds: 6, Video: "-c:v libx264 -preset ultrafast -bf 2"})
	e := &encoder{format: f, samples: list}
	rec := start(t, t.TempDir(), oneSignal, func(s *Service) { s.signals[0].sources[0].open = func() input.Input { return e } })
	p := rec.playlist("stage", 2)
	if !p.IndependentSegments || p.TargetDuration != 2 || p.ServerControl == nil || !p.ServerControl.CanBlockReload {
		t.Errorf("got\n%s", p.Encode())
	}
	out := sampletest.Run(t, nil, "-v", "warning", "-xerror", "-t", "3.5", "-live_start_index", "0", "-i", rec.url+"/feeds/stage/playlist.m3u8",
		"-map", "0:v", "-f", "framecrc", "-")
	if n := strings.Count(string(out), "\n0, "); n < 85 {
		t.Errorf("FFmpeg decoded %d pictures in 3.5 s, want 85 at least\n%s", n, out)
	}
}
