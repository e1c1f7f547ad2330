package health

import (
	"cmp"
	"fmt"
	"time"

	"livestream-tui/services/kit/report"
)

// downAfter is how many bad requests in a row make a packager down; fewer make it
// suspect, so that one lost request moves no player.
const downAfter = 2

// Judge returns a verdict for each observation of one signal, in the same order. A
// packager is in the worst state that is true of it:
//
//   - unknown before its first request has ended;
//   - down after two bad requests in a row, or after one when it never had a good one;
//     suspect after fewer;
//   - stale when its playlist has not grown for one and a half target durations, as far
//     as is known now: a request that is held counts as unchanged. Where a peer went on
//     without it, it is stale soon after its next segment was due;
//   - misaligned when it lists another segment under a number than its peers do. The
//     majority of the peers is right; of two equal groups, the one with the packager
//     that comes first in obs. An observer that knows which packager players are on puts
//     that one first. A packager that is usable so far is right before one that is not;
//   - lagging when its newest segment has been behind that of a peer, which is neither
//     down nor stale nor misaligned, for more than half a target duration. So is one that
//     is far behind when it is first seen, since it may be filling its window;
//   - up otherwise.
//
// Each reason is in words and numbers and begins with the state. When the encoder dies,
// every packager is stale; Order still has a best one.
func Judge(obs []Observation, now time.Time) []Verdict {
	verdicts := make([]Verdict, len(obs))
	for i := range obs {
		verdicts[i] = alone(&obs[i], now)
	}
	align(obs, verdicts)
	// The possible peers are settled before any packager is found lagging.
	peers := make([]bool, len(obs))
	for i, v := range verdicts {
		peers[i] = Usable(v.State)
	}
	for i := range obs {
		if v := &verdicts[i]; Usable(v.State) {
			if peer, ok := freshest(obs, peers, i); ok {
				v.behind(&obs[i], peer, now)
			}
		}
	}
	return verdicts
}

// alone judges a packager without looking at its peers.
func alone(o *Observation, now time.Time) Verdict {
	v := Verdict{Packager: o.Packager, Pos: o.Pos, Age: -1, Latency: o.Latency, State: report.Up}
	if !o.Advanced.IsZero() {
		v.Age = since(o.Advanced, now)
	}
	still := since(o.reached(), now)
	switch limit := staleAfter(o.TargetDuration); {
	case o.At.IsZero():
		v.State, v.Reason = report.Unknown, "unknown: no request has ended yet"
	case o.Fails > 0 && (o.Fails >= downAfter || o.reached().IsZero()):
		v.State, v.Reason = report.Down, "down: "+o.failure()
	case o.reached().IsZero():
		v.State, v.Reason = report.Unknown, "unknown: no playlist yet"
	case o.Pos.MSN < 0:
		v.State, v.Reason = report.Stale, "stale: its playlist lists no segment"
	case limit > 0 && still > limit:
		v.State = report.Stale
		v.Reason = fmt.Sprintf("stale: msn %d unchanged for more than %s, target duration %s", o.Pos.MSN, words(limit), o.TargetDuration)
	case o.Fails > 0:
		v.State, v.Reason = report.Suspect, "suspect: "+o.failure()
	}
	return v
}

// freshest returns the peer of obs[i] with the newest segment; of several, the one that
// had it first. False when there is no peer.
func freshest(obs []Observation, peers []bool, i int) (*Observation, bool) {
	var best *Observation
	for j := range obs {
		if o := &obs[j]; j != i && peers[j] && (best == nil || o.Pos.MSN > best.Pos.MSN ||
			o.Pos.MSN == best.Pos.MSN && o.reached().Before(best.reached())) {
			best = o
		}
	}
	return best, best != nil
}

// behind makes v lagging or stale if o is behind its peer for too long.
func (v *Verdict) behind(o, peer *Observation, now time.Time) {
	lead := peer.Pos.MSN - o.Pos.MSN
	limit := lagAfter(o.TargetDuration)
	if lead <= 0 || limit == 0 {
		return
	}
	// The peer has had its newest segment since its last step, and others that o lacks
	// for longer. So o lacks them since then, unless it was not asked since: then it may
	// have them by now.
	late := since(peer.Steps[0].At, now)
	if first := peer.beyond(o.Pos.MSN); !o.At.Before(first) {
		late = since(first, now)
	}
	if late <= limit {
		return
	}
	// A packager that moves grows once in a target duration; half the limit is for
	// polling.
	if still := since(o.reached(), now); still > o.TargetDuration+limit/2 {
		v.State = report.Stale
		v.Reason = fmt.Sprintf("stale: msn %d unchanged, %s has newer ones, target duration %s", o.Pos.MSN, peer.Packager, o.TargetDuration)
		return
	}
	v.State = report.Lagging
	v.Reason = fmt.Sprintf("lagging: behind %s for more than %s, target duration %s", peer.Packager, words(limit), o.TargetDuration)
}

// reached is when Pos was first seen: when it last grew, or the first playlist.
func (o *Observation) reached() time.Time {
	if o.Advanced.After(o.First) {
		return o.Advanced
	}
	return o.First
}

// failure is the last error.
func (o *Observation) failure() string { return cmp.Or(o.Err, "bad request") }

// staleAfter is how long a playlist may stand still. Zero means no limit, for a playlist
// without a target duration.
func staleAfter(target time.Duration) time.Duration { return target + target/2 }

// lagAfter is how long a packager may be behind its freshest peer; zero means no limit.
func lagAfter(target time.Duration) time.Duration { return target / 2 }

// since is how long ago t was; zero if the clock was set back.
func since(t, now time.Time) time.Duration { return max(now.Sub(t), 0) }

// words is a duration for operators, rounded to a tenth of a second.
func words(d time.Duration) string { return d.Round(100 * time.Millisecond).String() }
