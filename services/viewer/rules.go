package viewer

import (
	"fmt"
	"time"
)

// Rule numbers what is never broken towards a player. The first nine are those of
// FAILURES.md by their numbers there; the tenth, that the control plane may be
// away, is one that a player sees only by the others.
type Rule int

// The rules that a player can see broken.
const (
	RuleSequence      Rule = iota + 1 // the MSN never goes down and never skips
	RuleIdentity                      // one MSN, one URI, one duration, one discontinuity number
	RuleDiscontinuity                 // the discontinuity sequence never goes down and counts what slid out
	RuleTarget                        // the target duration never changes and holds for every segment
	RuleGrowth                        // a playlist grows at its end, shrinks at its head, and is served whole
	RuleDownload                      // every listed segment can be downloaded at once and for long enough
	RuleWindow                        // a new segment every 1.5 TD, and a window of three
	RuleEnd                           // no EXT-X-ENDLIST while the signal is live
	RuleWhole                         // a body is whole or visibly broken off
	_                                 // the control plane
	RuleMedia                         // media decodes, timestamps go on from the segment before
	RuleBytes                         // one URI, one content: the packagers'

	rules = int(RuleBytes) + 1
)

var ruleNames = [rules]string{"", "sequence", "identity", "discontinuity sequence", "target duration", "growth", "download", "window", "end", "whole body", "", "media", "same bytes"}

// String returns the rule in a word or two.
func (r Rule) String() string {
	if r > 0 && int(r) < rules && ruleNames[r] != "" {
		return ruleNames[r]
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

// String returns the violation as a line for a log.
func (v Violation) String() string { return v.Rule.String() + ": " + v.Text }

// found collects violations whose time is told later.
type found []Violation

func (f *found) add(r Rule, format string, args ...any) {
	*f = append(*f, Violation{Rule: r, Text: fmt.Sprintf(format, args...)})
}
