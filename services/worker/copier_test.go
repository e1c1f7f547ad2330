package worker

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/hls/media"
	"livestream-tui/services/worker/input"
)

// scripted is a feed that gives what a test sends; nil is an error.
type scripted chan *input.FeedSegment

var errScripted = errors.New("the receiver is being restarted")

func (s scripted) Next(ctx context.Context, after int64) (input.FeedSegment, error) {
	for {
		select {
		case <-ctx.Done():
			return input.FeedSegment{}, ctx.Err()
		case f := <-s:
			if f == nil {
				return input.FeedSegment{}, errScripted
			}
			if f.MSN > after {
				return *f, nil
			}
		}
	}
}

// desk is an input that airs one feed.
type desk struct {
	cameras
	feed input.Feed
}

func (d *desk) Look(ctx context.Context) {
	if d.on["stage"] != nil {
		return
	}
	d.host.Claim([]string{"stage"})
	d.on["stage"] = func() {}
	d.host.Go(func() { _ = d.host.Air(ctx, input.Airing{Signal: "stage", Feed: d.feed}) })
}

func TestTheSegmentsOfAFeedArePublishedAsTheyAre(t *testing.T) {
	t.Parallel()
	f, d := make(scripted), &desk{}
	d.feed = f
	d.want("stage")
	a := folders(t, nil)
	a.change = func(s *Service) {
		s.table = []kind{{"desk", func(_ context.Context, _ *Service, at input.Host) (input.Input, error) {
			d.host, d.on = at, map[string]func(){}
			return d, nil
		}}}
	}
	a.start()
	at := time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC)
	give := func(msn int64, init string, lasts time.Duration, change func(*input.FeedSegment)) {
		s := &input.FeedSegment{MSN: msn, Data: []byte("segment"), Init: []byte(init), InitName: init, Target: 3, Independent: true, Newest: true,
			Listed: m3u8.Segment{Duration: lasts, ProgramDateTime: at}}
		at = at.Add(lasts)
		if change != nil {
			change(s)
		}
		f <- s
	}
	give(700, "init-aa.mp4", 2*time.Second, nil)
	await(t, "a playlist of one segment", func() bool {
		_, err := os.Stat(filepath.Join(a.output, "stage", media.PlaylistName))
		return err == nil
	})
	await(t, "ready", func() bool { ok, _ := a.s.Ready(); return ok })
	f <- nil // the worker asks again
	give(701, "init-aa.mp4", 1900*time.Millisecond, nil)
	give(701, "init-zz.mp4", time.Second, nil) // never replaced
	give(702, "init-bb.mp4", 2500*time.Millisecond, func(s *input.FeedSegment) {
		s.Listed.Discontinuity, s.Independent = true, false
		s.Listed.DateRanges = []m3u8.DateRange{{Attributes: []m3u8.Attribute{{Name: "ID", Value: `"slate-1"`}}}}
	})
	a.awaitMSN("stage", 702)
	p := a.playlist("stage")
	if p.TargetDuration != 3 || p.IndependentSegments || p.MediaSequence != 700 || len(p.Segments) != 3 {
		t.Fatalf("got %+v", p)
	}
	last := p.Segments[2]
	if !last.Discontinuity || p.Segments[1].Discontinuity || last.Duration != 2500*time.Millisecond || last.Map.URI != "init-bb.mp4" ||
		!last.ProgramDateTime.Equal(at.Add(-2500*time.Millisecond)) || len(last.DateRanges) != 1 {
		t.Errorf("got %+v, want it as the feed lists it", last)
	}
	await(t, "each is published once", func() bool { return strings.Join(a.published("stage"), " ") == "700 701 702" })
	if len(a.log.find("the feed of a live signal cannot be read, still trying")) != 1 || len(a.log.find("the feed of a live signal can be read again")) != 1 {
		t.Error("the trouble of the feed is not in the log, or not its end")
	}
}

func TestAWorkerIsReadyForAnEncoderThatHasNotSent(t *testing.T) {
	t.Parallel()
	s := &Service{airings: newAirings(Config{Window: testWindow}, nil, nil, newClock()), looked: true}
	waiting, films := &standing{}, &standing{}
	s.inputs = []input.Input{films, waiting}
	for _, c := range []struct {
		name           string
		films, waiting input.Status
		ready          bool
		why            string
	}{
		{"nothing at all", input.Status{Idle: []string{"no film"}}, input.Status{}, false, "no film"},
		{"a live signal alone", input.Status{Idle: []string{"no film"}}, input.Status{Standby: []string{"stage"}}, true, ""},
		{"a film that is being converted beside it", input.Status{Coming: []input.Coming{{Signal: "a", Doing: "converting a", Soon: true}}}, input.Status{Standby: []string{"stage"}}, false, "converting a"},
	} {
		films.status, waiting.status = c.films, c.waiting
		s.ready = false
		if ready, why := s.Ready(); ready != c.ready || why != c.why {
			t.Errorf("%s: got %t, %q, want %t, %q", c.name, ready, why, c.ready, c.why)
		}
	}
}

// standing is an input with a status alone.
type standing struct{ status input.Status }

func (s *standing) Prepare(context.Context) ([]string, error) { return nil, nil }
func (s *standing) Look(context.Context)                      {}
func (s *standing) Status() input.Status                      { return s.status }
