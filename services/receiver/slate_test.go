package receiver

import (
	"bytes"
	"strings"
	"testing"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/servicetest"
	"livestream-tui/services/kit/signals"
	"livestream-tui/services/receiver/input"
	"livestream-tui/services/receiver/sampletest"
)

// TestASlateStandsInWhileTheEncoderIsGone has an encoder send 6 s and end, then connect again.
func TestASlateStandsInWhileTheEncoderIsGone(t *testing.T) {
	t.Parallel()
	f, list := sampletest.Make(t, sampletest.Source{Seconds: 6, GOP: 25, Video: "-c:v libx264 -preset ultrafast -bf 2"})
	e := &encoder{format: f, samples: list, leaves: make(chan struct{})}
	rec := start(t, t.TempDir(), oneSignal, func(s *Service) {
		s.signals[0].sources[0].open = func() input.Input { return e }
	})
	servicetest.Await(t, "the slate is on air", func() bool { return rec.status().Source == "slate" })
	servicetest.Await(t, "two segments of the slate are listed", func() bool {
		return strings.Count(string(rec.playlist("stage", 1).Encode()), "EXT-X-DATERANGE") >= 3
	})
	close(e.leaves)
	servicetest.Await(t, "the slate has an end", func() bool {
		return strings.Contains(string(rec.playlist("stage", 1).Encode()), "END-DATE")
	})
	rec.playlist("stage", 7)
	p := rec.playlist("stage", 1)
	for i, s := range p.Segments[1:] {
		before := p.Segments[i]
		if !s.ProgramDateTime.Equal(before.ProgramDateTime.Add(before.Duration)) {
			t.Errorf("segment %s begins at %s, want %s", s.URI, s.ProgramDateTime, before.ProgramDateTime.Add(before.Duration))
		}
	}
	for _, piece := range rec.pieces(p) {
		sampletest.Run(t, piece, "-v", "warning", "-xerror", "-i", "-", "-f", "null", "-")
	}
	if n := rec.log.Count("the slate is on air"); n != 1 {
		t.Errorf("got %d events of a slate, want one", n)
	}
}

func TestAStillSlateNeedsNoOtherFormat(t *testing.T) {
	t.Parallel()
	f, list := sampletest.Make(t, sampletest.Source{Seconds: 6, GOP: 25})
	e := &encoder{format: f, samples: list, leaves: make(chan struct{})}
	rec := start(t, t.TempDir(), strings.Replace(oneSignal, `{"name":"stage",`, `{"name":"stage","slate":"still",`, 1), func(s *Service) {
		s.signals[0].sources[0].open = func() input.Input { return e }
	})
	servicetest.Await(t, "the slate is on air", func() bool { return rec.status().Source == "slate" })
	servicetest.Await(t, "two segments of the slate are listed", func() bool {
		return strings.Count(string(rec.playlist("stage", 1).Encode()), "EXT-X-DATERANGE") >= 3
	})
	close(e.leaves)
	servicetest.Await(t, "the slate has an end", func() bool {
		return strings.Contains(string(rec.playlist("stage", 1).Encode()), "END-DATE")
	})
	p := rec.playlist("stage", 7)
	for _, s := range p.Segments {
		if s.Discontinuity || s.Map.URI != p.Segments[0].Map.URI {
			t.Errorf("segment %s: discontinuity %t, %s, want the format of the encoder throughout", s.URI, s.Discontinuity, s.Map.URI)
		}
	}
	for _, piece := range rec.pieces(p) {
		sampletest.Run(t, piece, "-v", "error", "-xerror", "-i", "-", "-f", "null", "-")
	}
}

// pieces are the segments of a playlist, joined where one initialization section is in force.
func (rec *receiver) pieces(p *m3u8.MediaPlaylist) [][]byte {
	rec.Helper()
	var list [][]byte
	init := ""
	for _, s := range p.Segments {
		if s.Map.URI != init {
			init = s.Map.URI
			list = append(list, []byte(rec.get("/feeds/stage/"+init).Body))
		}
		body := []byte(rec.get("/feeds/stage/" + s.URI).Body)
		list[len(list)-1] = bytes.Join([][]byte{list[len(list)-1], body}, nil)
	}
	return list
}

func TestAnInputThatIsFrozenIsLeft(t *testing.T) {
	t.Parallel()
	ff, still := sampletest.Make(t, sampletest.Source{Seconds: 4, GOP: 25, Video: "-vf loop=-1:1:0 -c:v libx264 -preset ultrafast -bf 0"})
	fm, moving := sampletest.Make(t, sampletest.Source{Seconds: 4, GOP: 25})
	const config = `[{"name":"stage","inputs":[{"name":"main","rtmp":{}},{"name":"backup","rtmp":{}}],"frozen_after":2000000000}]`
	rec := start(t, t.TempDir(), config, func(s *Service) {
		s.signals[0].sources[0].open = func() input.Input { return &encoder{format: ff, samples: still} }
		s.signals[0].sources[1].open = func() input.Input { return &encoder{format: fm, samples: moving} }
	})
	servicetest.Await(t, "backup is on air, main is frozen", func() bool {
		s := rec.status()
		return s.Source == "backup" && s.Inputs[0].State == signals.Frozen
	})
}
