package receiver

import (
	"io"
	"net/http"
	"testing"
	"time"

	"livestream-tui/services/hls/media"
	"livestream-tui/services/kit/servicetest"
	"livestream-tui/services/receiver/input"
	"livestream-tui/services/receiver/sampletest"
)

func TestARestartedReceiverGoesOnWithTheNextNumber(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	encoders := withEncoders(t, sampletest.Source{Seconds: 4, GOP: 25})
	first := start(t, folder, oneSignal, encoders)
	first.playlist("stage", 2)
	first.stop()
	kept, err := first.s.store.Load("stage")
	if err != nil {
		t.Fatal(err)
	}
	list := first.s.signals[0].feed.Load().Snapshot().List
	if kept.Timeline.Next != list.NextMSN() || kept.Format.Video == nil {
		t.Errorf("got %+v kept, want %d to be next", kept, list.NextMSN())
	}
	second := start(t, folder, oneSignal, encoders)
	again := second.playlist("stage", 1)
	if again.MediaSequence != kept.Timeline.Next {
		t.Errorf("the next segment has the number %d, want %d", again.MediaSequence, kept.Timeline.Next)
	}
	const picture = 40 * time.Millisecond // how long the last one lasts is not told
	if got := time.Duration(again.Segments[0].ProgramDateTime.UnixNano()); got < kept.Timeline.End-picture {
		t.Errorf("it begins at %s, before the end at %s", got, kept.Timeline.End)
	}
}

func TestTwoReceiversNeverHaveASignalAtOnce(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	encoders := withEncoders(t, sampletest.Source{Seconds: 4, GOP: 25, Audio: "-an"})
	first := start(t, folder, oneSignal, encoders)
	first.playlist("stage", 1)
	second := start(t, folder, oneSignal, func(s *Service) {
		encoders(s)
		s.listeners[0].address = first.rtmp // as another incarnation has it
	})
	servicetest.Await(t, "the second one waits", func() bool { return second.log.Count("another receiver has the signal, waiting for it") == 1 })
	if a := second.get("/feeds/stage/playlist.m3u8"); a.Status != http.StatusServiceUnavailable {
		t.Errorf("got %d, want nothing to be served", a.Status)
	}
	if ready, why := second.s.Ready(); !ready {
		t.Errorf("the second one is not ready: %s: the first one would never end", why)
	}
	first.stop()
	last := first.s.signals[0].feed.Load().Snapshot().List.LastMSN()
	if got := second.playlist("stage", 1).MediaSequence; got != last+1 {
		t.Errorf("it goes on with %s, want %s", media.SegmentName(got), media.SegmentName(last+1))
	}
	servicetest.Await(t, "the second one listens", func() bool { ready, _ := second.s.Ready(); return ready })
}

func TestAnEncoderThatConnectsAgainTakesOver(t *testing.T) {
	box := newInbox(t.Context(), clock())
	s := &sink{input: 0, inbox: box}
	g := &signal{current: make([]*connection, 1)}
	old := s.Open(input.About{Remote: "a"})
	young := s.Open(input.About{Remote: "b"})
	select {
	case <-old.Done():
	default:
		t.Error("the old connection is not told")
	}
	select {
	case <-young.Done():
		t.Error("the new connection is told to end")
	default:
	}
	old.Close(io.EOF)
	old.Link(input.Link{})
	young.Link(input.Link{RTT: 1})
	var got []bool
	for len(box.messages) > 0 {
		got = append(got, g.isCurrent(<-box.messages))
	}
	if len(got) != 3 || !got[0] || !got[1] || !got[2] {
		t.Errorf("got %v, want two connections and a message of the second one", got)
	}
	// A message that was already on its way when the other one connected.
	box.put(nil, old.(*connection))
	if g.isCurrent(<-box.messages) {
		t.Error("a message of the old connection counts")
	}
}

func TestTheStreamIsOneFileThatFFmpegReads(t *testing.T) {
	t.Parallel()
	rec := start(t, t.TempDir(), oneSignal, withEncoders(t, sampletest.Source{Seconds: 4, GOP: 25}))
	rec.playlist("stage", 1)
	sampletest.Run(t, nil, "-v", "warning", "-xerror", "-t", "3", "-i", rec.url+"/feeds/stage/stream.mp4?from=0", "-f", "null", "-")
}
