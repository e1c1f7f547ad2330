package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"livestream-tui/procs"
	"livestream-tui/procs/onair"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/platform/model"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/httpx"
	"livestream-tui/services/kit/text"
	"livestream-tui/services/kit/token"
)

const (
	watchPeriod = 250 * time.Millisecond
	// repeatPeriod is how often an unchanged report is repeated.
	repeatPeriod = time.Second
	// standstill is how long a playlist may stay the same before its signal counts as off
	// air: four target durations of the platform's worker.
	standstill = 8 * time.Second
)

// watch reports what players are given, as a viewer would, until ctx is cancelled. It
// replaces the viewer in a layout without one.
func (l *Local) watch(ctx context.Context) {
	client := newClient()
	defer client.CloseIdleConnections()
	token.Sign(client, l.playback, l.Now().PlayURL)
	seen := map[string]*sighting{}
	for {
		s := l.Now()
		for _, signal := range expected(seen, s) {
			if seen[signal] == nil {
				seen[signal] = &sighting{signal: signal, address: s.Playlist(signal)}
			}
		}
		maps.DeleteFunc(seen, func(signal string, _ *sighting) bool { return onair.IsDropped(s, signal) })
		var looks sync.WaitGroup
		for _, look := range seen {
			looks.Go(func() { look.fetch(ctx, client) })
		}
		looks.Wait()
		if ctx.Err() != nil {
			return // a request that was cancelled says nothing about the stream
		}
		now := time.Now()
		for _, signal := range slices.Sorted(maps.Keys(seen)) {
			reports := seen[signal].judge(now)
			l.Update(func(m *model.Model) {
				for _, e := range reports {
					m.ApplyLine(platform.Self, event.Line{Time: now}, e)
				}
			})
		}
		select {
		case <-time.After(procs.UntilNext(time.Now(), watchPeriod)):
		case <-ctx.Done():
			return
		}
	}
}

// expected returns the signals that have a playlist to look at: those that were there
// before, those that the origin or the ingest table names, and those of films on air. A
// signal does not cease to be expected by vanishing.
func expected(seen map[string]*sighting, s platform.Snapshot) []string {
	names := slices.Collect(maps.Keys(seen))
	for _, l := range s.Live {
		names = append(names, l.Signal)
	}
	for _, d := range s.Details {
		names = append(names, d.Signal)
	}
	for _, f := range s.Films {
		if f.State == event.FilmAired {
			names = append(names, f.Signal)
		}
	}
	names = slices.DeleteFunc(names, func(name string) bool { return onair.IsDropped(s, name) })
	slices.Sort(names)
	return slices.Compact(names)
}

// sighting is a signal's playlist over time.
type sighting struct {
	signal, address string
	// body, packager and err are the last answer. packager is its source, by the proxy's
	// header.
	body     []byte
	packager string
	err      error
	// last is the playlist as of its last change, at moved; zero before the first playlist.
	last  []byte
	moved time.Time
	// off is since when the playlist is missing or stands still; zero while it moves.
	off time.Time
	// reported is the last report, at reportedAt. outages decides when an outage is reported
	// again.
	reported   event.Viewing
	reportedAt time.Time
	outages    event.Recurring
}

func (s *sighting) fetch(ctx context.Context, client *http.Client) {
	a, err := httpx.Get(ctx, client, s.address, answerMost)
	s.body, s.packager, s.err = a.Body, a.Header.Get("X-Packager"), nil
	if err != nil {
		s.err = cause(err)
	}
}

// judge returns what a viewer would report now: the state of the signal when it differs from
// the last report or that is a second old, and its outage when that begins, lasts and ends.
func (s *sighting) judge(now time.Time) []event.Event {
	ended, since, err := s.trouble(now)
	report := event.Viewing{Signal: s.signal, LatencyMS: -1, MSN: -1, PlaylistAgeMS: -1}
	if err == nil && s.packager != "" {
		report.Packager, report.PlaylistAgeMS = s.packager, 0
	}
	var events []event.Event
	if err != nil && s.off.IsZero() {
		s.off = since
	}
	switch {
	case err != nil && s.moved.IsZero():
		s.off = time.Time{} // a signal that was never there is not off air
		report.State, report.Trouble = event.ViewStarting, text.Because(s.address, err.Error())
	case err != nil:
		o := event.OutageOf(s.signal, s.off, now)
		o.Reason = text.Because(s.address, err.Error())
		report.State, report.Since, report.Trouble = event.ViewStalled, o.Since, o.Reason
		if t, due := s.outages.Seen(s.signal, now); due {
			o.Again = t.Phase == event.Lasts
			events = append(events, o)
		}
	default:
		report.State, report.Since = event.ViewPlaying, s.reported.Since
		if ended {
			report.State = event.ViewEnded
		}
		if s.reported.State != report.State {
			report.Since = now
		}
		if len(s.outages.EndExcept()) > 0 {
			events = append(events, event.EndedOutageOf(s.signal, s.off, now))
		}
		s.off = time.Time{}
	}
	if report != s.reported || now.Sub(s.reportedAt) >= repeatPeriod && !ended {
		s.reported, s.reportedAt = report, now
		events = append(events, report)
	}
	return events
}

// trouble returns why the signal is not on air by the last answer, and since when; the
// error is nil when it is. ended reports whether the playlist has ended.
func (s *sighting) trouble(now time.Time) (ended bool, since time.Time, err error) {
	if s.err != nil {
		return false, now, s.err
	}
	ended = bytes.Contains(s.body, []byte("#EXT-X-ENDLIST"))
	if !bytes.HasPrefix(s.body, []byte("#EXTM3U")) || !bytes.Contains(s.body, []byte("#EXTINF")) {
		return ended, now, errors.New("the answer is not a playlist with segments")
	}
	if s.moved.IsZero() || !bytes.Equal(s.last, s.body) {
		s.last, s.moved = s.body, now
	}
	if !ended && now.Sub(s.moved) >= standstill {
		return ended, s.moved, fmt.Errorf("the playlist has not changed since %s", text.Clock(s.moved))
	}
	return ended, now, nil
}
