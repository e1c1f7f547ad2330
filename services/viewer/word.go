package viewer

import (
	"context"
	"errors"
	"time"

	"livestream-tui/services/hls/follow"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/viewer/player"
)

const (
	// look is how often a player is checked for a change of its state, word how often its
	// state is logged without one.
	look = 100 * time.Millisecond
	word = time.Second
)

// speak logs the state of a signal until ctx is cancelled, and its outages. An outage that
// has ended is logged before the state that follows it.
func (s *Service) speak(ctx context.Context, signal string, w *watcher) error {
	var said time.Time
	var last player.Status
	t := teller{signal: signal}
	for {
		now, over := time.Now(), ctx.Err() != nil // once a turn: the last turn begins after the end
		st, ended := w.player.Look(t.ended)
		if over && st.State != event.ViewEnded && errors.Is(context.Cause(ctx), errForgotten) {
			if !st.Lacking.IsZero() {
				ended = append(ended, player.Outage{Since: st.Lacking, Until: now})
			}
			st.State, st.Since, st.Lacking, st.Standing = event.ViewEnded, now, time.Time{}, 0
		}
		for _, o := range t.tell(ended, st, now) {
			s.alert(o)
		}
		if st.State != last.State || st.Packager != last.Packager || now.Sub(said) >= word {
			event.Emit(s.log, st.State.String(), viewing(signal, st, now))
			said, last = now, st
		}
		if over {
			return nil // the player has been stopped, or all have
		}
		w.complaints.over(now)
		_ = follow.Until(ctx, turn(now, st.Until)) // the next turn sees the end
	}
}

// turn returns when a player is looked at again: at once when its media ends, so that the
// outage is logged as it begins.
func turn(now, until time.Time) time.Time {
	next := now.Add(look)
	if ends := until.Add(time.Millisecond); ends.After(now) && ends.Before(next) {
		return ends
	}
	return next
}

// alert logs an outage.
func (s *Service) alert(o event.Outage) {
	if o.Lasts() {
		event.Alert(s.log, "the picture stands still", o)
		return
	}
	event.Alert(s.log, "the picture stood still", o)
}

// viewing is a status as it is logged.
func viewing(signal string, st player.Status, now time.Time) event.Viewing {
	latency, age := int64(-1), int64(-1)
	if st.Latency >= 0 {
		latency = st.Latency.Milliseconds()
	}
	if !st.Loaded.IsZero() {
		age = now.Sub(st.Loaded).Milliseconds()
	}
	return event.Viewing{
		Signal: signal, State: st.State, Since: st.Since.UTC().Truncate(time.Millisecond), Trouble: st.Trouble, StalledForMS: st.Standing.Milliseconds(),
		Stalls: st.Outages, StalledMS: st.Lacked.Milliseconds(), LongestStallMS: st.LongestOutage.Milliseconds(),
		BufferMS: st.Buffer.Milliseconds(), Until: st.Until.UTC().Truncate(time.Millisecond), TargetMS: st.Target.Milliseconds(), LatencyMS: latency, MSN: st.MSN, MSNAt: st.Appended.UTC().Truncate(time.Millisecond),
		Violations: st.Violated, FailedRequests: st.Failed, Packager: st.Packager, PlaylistAgeMS: age, BitrateBPS: st.Bitrate,
	}
}
