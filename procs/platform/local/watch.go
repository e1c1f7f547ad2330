package local

import (
	"bytes"
	"context"
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
	"livestream-tui/services/kit/text"
)

const (
	watchPeriod = 250 * time.Millisecond
	// retellPeriod is how often a sighting that has not changed is told again.
	retellPeriod = time.Second
	// standstill is how long a playlist may stay the same before its signal counts as
	// off air: four target durations of our worker.
	standstill = 8 * time.Second
)

// watch tells what players are given, as a viewer would, until ctx is cancelled. It
// stands in for one in a layout that runs none.
func (l *Local) watch(ctx context.Context) {
	client := newClient()
	defer client.CloseIdleConnections()
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
			return // a look that was broken off says nothing of the stream
		}
		now := time.Now()
		for _, signal := range slices.Sorted(maps.Keys(seen)) {
			told := seen[signal].judge(now)
			l.Update(func(m *model.Model) {
				for _, e := range told {
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

// expected are the signals that have a playlist to look at: those that the origin
// knows, and those that were there before. A signal does not cease to be expected by
// vanishing.
func expected(seen map[string]*sighting, s platform.Snapshot) []string {
	names := slices.Collect(maps.Keys(seen))
	for _, l := range s.Live {
		if !slices.Contains(names, l.Signal) && !onair.IsDropped(s, l.Signal) {
			names = append(names, l.Signal)
		}
	}
	return names
}

// sighting is a signal's playlist over time.
type sighting struct {
	signal, address string
	// body, packager and err are the last answer: packager is where the proxy says that it
	// came from.
	body     []byte
	packager string
	err      error
	// last is the playlist as it was when it changed last, at moved; zero before it was
	// there for the first time.
	last  []byte
	moved time.Time
	// off is since when it is not there, or stands still; zero while it is well.
	off time.Time
	// said is the last word on it, at saidAt, and outages how often one is told.
	said    event.Viewing
	saidAt  time.Time
	outages event.Recurring
}

func (s *sighting) fetch(ctx context.Context, client *http.Client) {
	var header http.Header
	s.body, header, s.err = fetch(ctx, client, s.address)
	s.packager = header.Get("X-Packager")
}

// judge returns what a viewer would tell now: a word on the signal when it is another
// than before, or a second old, and its outage when that begins, lasts and ends.
func (s *sighting) judge(now time.Time) []event.Event {
	err, since := s.err, now
	ended := false
	if err == nil {
		ended = bytes.Contains(s.body, []byte("#EXT-X-ENDLIST"))
		if !bytes.HasPrefix(s.body, []byte("#EXTM3U")) || !bytes.Contains(s.body, []byte("#EXTINF")) {
			err = fmt.Errorf("the answer is no playlist with segments")
		}
	}
	if err == nil && (s.moved.IsZero() || !bytes.Equal(s.last, s.body)) {
		s.last, s.moved = s.body, now
	}
	if err == nil && !ended && now.Sub(s.moved) >= standstill {
		since = s.moved
		err = fmt.Errorf("the playlist has not changed since %s", text.Clock(s.moved))
	}
	word := event.Viewing{Signal: s.signal, LatencyMS: -1, MSN: -1, PlaylistAgeMS: -1}
	if err == nil && s.packager != "" {
		word.Packager, word.PlaylistAgeMS = s.packager, 0
	}
	var told []event.Event
	if err != nil && s.off.IsZero() {
		s.off = since
	}
	switch {
	case err != nil && s.moved.IsZero():
		s.off = time.Time{} // what was never there has not gone off air
		word.State, word.Trouble = event.ViewStarting, text.Because(s.address, err.Error())
	case err != nil:
		o := event.OutageOf(s.signal, s.off, now)
		o.Reason = text.Because(s.address, err.Error())
		word.State, word.Since, word.Trouble = event.ViewStalled, o.Since, o.Reason
		if t, say := s.outages.Seen(s.signal, now); say {
			o.Again = t.Phase == event.Lasts
			told = append(told, o)
		}
	default:
		word.State, word.Since = event.ViewPlaying, s.said.Since
		if ended {
			word.State = event.ViewEnded
		}
		if s.said.State != word.State {
			word.Since = now
		}
		if len(s.outages.Only()) > 0 {
			told = append(told, event.EndedOutageOf(s.signal, s.off, now))
		}
		s.off = time.Time{}
	}
	if word != s.said || now.Sub(s.saidAt) >= retellPeriod && !ended {
		s.said, s.saidAt = word, now
		told = append(told, word)
	}
	return told
}
