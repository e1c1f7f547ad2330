package drill

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/viewer/player"
)

// wordWithin is how old a viewer's word may be to count: it speaks once a second.
const wordWithin = 3 * time.Second

// Live makes a fault on a platform that others watch, and judges by the word of the
// platform's own viewers. It returns what was seen, in words; the error says why the
// fault did not pass, or could not be made.
func Live(ctx context.Context, p platform.Platform, f Fault) (string, error) {
	before := latest(p)
	words, err := witnesses(before)
	if err != nil {
		return "", err
	}
	client := player.NewClient(false)
	defer client.CloseIdleConnections()
	made, err := f.Make(ctx, Target{
		Platform: p, Client: client, Bitrate: words[0].BitrateBPS,
		Playlist: before.PlayURL + "/" + url.PathEscape(words[0].Signal) + "/playlist.m3u8",
	})
	if err != nil {
		return "", fmt.Errorf("the fault could not be made: %w", err)
	}
	if err := sleep(ctx, time.Until(made.Over.Add(aftermath))); err != nil {
		return "", err
	}
	err = await(ctx, healWithin, func() error { return healed(before, latest(p)) })
	after := latest(p)
	return switches(before, after), errors.Join(noticed(words, after), err)
}

// witnesses are the words of the viewers that could tell; each signal must play.
func witnesses(s platform.Snapshot) ([]platform.ViewingAt, error) {
	words := slices.DeleteFunc(slices.Clone(s.Viewings), func(v platform.ViewingAt) bool {
		return s.At.Sub(v.Time) > wordWithin || v.State == event.ViewEnded
	})
	if len(words) == 0 {
		return nil, errors.New("no viewer watches that could tell whether anybody notices")
	}
	for _, v := range words {
		if v.State != event.ViewPlaying {
			return nil, fmt.Errorf("%s is %s before any fault: nothing could be told from it", v.Signal, v.State)
		}
	}
	return words, nil
}

// noticed says what the viewers have noticed since, nil for nothing.
func noticed(before []platform.ViewingAt, now platform.Snapshot) error {
	var list []string
	for _, v := range before {
		i := slices.IndexFunc(now.Viewings, func(o platform.ViewingAt) bool { return o.Process == v.Process && o.Signal == v.Signal })
		if i < 0 || now.At.Sub(now.Viewings[i].Time) > wordWithin {
			list = append(list, fmt.Sprintf("%s says nothing of %s any more", v.Process, v.Signal))
			continue
		}
		o := now.Viewings[i]
		for _, c := range []struct {
			what    string
			was, is int
		}{
			{"stall", v.Stalls, o.Stalls}, {"broken rule", v.Violations, o.Violations}, {"failed request", v.FailedRequests, o.FailedRequests},
		} {
			if c.is > c.was {
				list = append(list, fmt.Sprintf("%s of %s: %s", v.Process, v.Signal, count(c.is-c.was, c.what)))
			}
		}
		if o.Stalls > v.Stalls {
			list = append(list, fmt.Sprintf("stood still for %d ms", o.StalledMS-v.StalledMS))
		}
	}
	if len(list) == 0 {
		return nil
	}
	return errors.New(strings.Join(list, ", "))
}

// healed says which process that was well is not.
func healed(before, now platform.Snapshot) error {
	for _, was := range before.Processes {
		for _, p := range now.Processes {
			if p.Name == was.Name && isReady(was) && !was.Paused && (!isReady(p) || p.Paused) {
				return fmt.Errorf("%s is %s: %s", p.Name, p.State, p.Reason)
			}
		}
	}
	return nil
}

// switches says what the failovers between two snapshots cost.
func switches(before, now platform.Snapshot) string {
	n, worst := 0, -1.0
	for _, f := range now.Failovers {
		if f.Time.After(before.At) {
			n++
			worst = max(worst, f.GapMS)
		}
	}
	switch {
	case n == 0:
		return "nobody noticed, no failover"
	case worst < 0:
		return fmt.Sprintf("nobody noticed, %s, no player was waiting", count(n, "failover"))
	}
	return fmt.Sprintf("nobody noticed, %s, longest wait %.0f ms", count(n, "failover"), worst)
}
