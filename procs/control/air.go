package control

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"livestream-tui/services/kit/event"
)

const (
	airPeriod = 250 * time.Millisecond
	// standstill is how long a playlist may stay the same before its signal
	// counts as off air: four target durations of our worker.
	standstill = 8 * time.Second
)

// air watches what players are given: the proxy's playlists. It is the word on
// being on air where no viewer runs. Not safe for concurrent use.
type air struct {
	client *http.Client
	seen   map[string]*sighting // by signal
}

// sighting is a playlist as it was last.
type sighting struct {
	body []byte
	// moved is when it was last seen to be another than before; zero before it was
	// there for the first time.
	moved time.Time
	// off is since when it is not there, or stands still; zero while it is well.
	off time.Time
}

func newAir() *air { return &air{client: newClient(), seen: map[string]*sighting{}} }

// signals are those that the origin knows, and those that were on air before, but for
// those that are dropped: a signal does not cease to be expected by vanishing.
func (a *air) signals(s Snapshot) []string {
	for _, l := range s.Live {
		if a.seen[l.Signal] == nil {
			a.seen[l.Signal] = &sighting{}
		}
	}
	for signal := range a.seen {
		if s.dropped(signal) {
			delete(a.seen, signal)
		}
	}
	return slices.Sorted(maps.Keys(a.seen))
}

// look fetches the playlists of all signals and returns their lights.
func (a *air) look(ctx context.Context, s Snapshot) OnAir {
	o := OnAir{State: AirOn, Signals: []SignalAir{}}
	for _, signal := range a.signals(s) {
		address := s.playlist(signal)
		body, err := fetch(ctx, a.client, address)
		o.Signals = append(o.Signals, a.judge(signal, address, body, err, time.Now()))
	}
	if len(o.Signals) == 0 {
		return OnAir{State: AirStarting, Reason: "no signal yet"}
	}
	for _, state := range []AirState{AirOff, AirStarting} {
		if bad := o.Those(state); len(bad) > 0 {
			o.State, o.Reason = state, bad[0].Reason
			break
		}
	}
	return o
}

// judge takes a playlist that was served, or why none was.
func (a *air) judge(signal, address string, body []byte, err error, now time.Time) SignalAir {
	last := a.seen[signal]
	if last == nil {
		last = &sighting{}
		a.seen[signal] = last
	}
	if err == nil && (!bytes.HasPrefix(body, []byte("#EXTM3U")) || !bytes.Contains(body, []byte("#EXTINF"))) {
		err = errors.New("the answer is no playlist with segments")
	}
	since := now
	if err == nil && (last.moved.IsZero() || !bytes.Equal(last.body, body)) {
		last.body, last.moved = body, now
	}
	if err == nil && now.Sub(last.moved) >= standstill {
		since = last.moved
		err = fmt.Errorf("the playlist has not changed since %s", clock(last.moved))
	}
	switch {
	case err == nil:
		last.off = time.Time{}
		return SignalAir{Signal: signal, State: AirOn, Since: last.moved, Due: true}
	case last.moved.IsZero():
		return SignalAir{Signal: signal, State: AirStarting, Reason: because(address, err.Error()), Due: true}
	case last.off.IsZero():
		last.off = since
	}
	o := event.OutageOf(signal, last.off, now)
	o.Reason = because(address, err.Error())
	return SignalAir{Signal: signal, State: AirOff, Since: o.Since, Reason: o.Reason, Due: true, Outage: &o}
}

// playlist is the URL of a signal for players.
func (s Snapshot) playlist(signal string) string {
	return s.PlayURL + "/" + url.PathEscape(signal) + "/playlist.m3u8"
}
