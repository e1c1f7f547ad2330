package rules

import (
	"fmt"
	"time"
)

// Rule is a promise to players. The first ten are those of
// docs/FAILURES.md, in its order.
type Rule int

// The rules.
const (
	Sequence              Rule = iota + 1 // the MSN never goes down and never skips
	Identity                              // the same MSN means the same URI, duration and discontinuity number
	DiscontinuitySequence                 // EXT-X-DISCONTINUITY-SEQUENCE never goes down and counts what slid out
	TargetDuration                        // EXT-X-TARGETDURATION never goes down and covers every segment
	Growth                                // a playlist grows at its end, shrinks at its head, and is served whole
	Download                              // every listed segment can be downloaded at once and for long enough
	Window                                // there is a new segment every 1.5 TD, and a window of at least three
	End                                   // there is no EXT-X-ENDLIST while the signal is live
	WholeBody                             // a body is whole or visibly broken off
	ControlPlane                          // playback does not notice that the control plane is away
	Media                                 // media decodes, and its timestamps go on from the segment before
	SameBytes                             // one URI always holds the same bytes, on the packagers too
)

// Count is one more than the last Rule, for arrays that a Rule indexes.
const Count = int(SameBytes) + 1

// names are the rules' names, in docs/FAILURES.md, in reports and in metrics.
var names = [Count]string{
	Sequence:              "sequence",
	Identity:              "identity",
	DiscontinuitySequence: "discontinuity sequence",
	TargetDuration:        "target duration",
	Growth:                "growth",
	Download:              "download",
	Window:                "window",
	End:                   "end",
	WholeBody:             "whole body",
	ControlPlane:          "control plane",
	Media:                 "media",
	SameBytes:             "same bytes",
}

// Visible are the rules that a player can see broken. ControlPlane is not one of them: a
// player sees it broken only through the others.
func Visible() []Rule {
	list := make([]Rule, 0, Count)
	for r := Sequence; int(r) < Count; r++ {
		if r != ControlPlane {
			list = append(list, r)
		}
	}
	return list
}

// String returns the rule's name.
func (r Rule) String() string {
	if r > 0 && int(r) < Count {
		return names[r]
	}
	return fmt.Sprintf("rule(%d)", int(r))
}

// MarshalText implements encoding.TextMarshaler.
func (r Rule) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Violation is a rule that was seen broken, with the numbers that show it.
type Violation struct {
	At   time.Time
	Rule Rule
	Text string
}

// Broken returns the violation of a rule at a time that is not known yet.
func Broken(r Rule, format string, args ...any) Violation {
	return Violation{Rule: r, Text: fmt.Sprintf(format, args...)}
}

// String returns the violation as a line for a log.
func (v Violation) String() string { return v.Rule.String() + ": " + v.Text }

// found collects violations.
type found []Violation

func (f *found) add(r Rule, format string, args ...any) {
	*f = append(*f, Broken(r, format, args...))
}
