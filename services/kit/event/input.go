package event

import (
	"fmt"
	"strings"
)

// Input reports a change of what a live signal is made from: another input is shown than
// before, or one that is not shown has been lost or has come back.
type Input struct {
	Signal string      `json:"signal"`
	Change InputChange `json:"change"`
	// Input is the input that is lost or back, or the one that is shown from now on: "slate"
	// is the slate. From is the one that was shown before a switch, empty for the first.
	Input string `json:"input"`
	From  string `json:"from,omitempty"`
	// Cause is why, in words for an operator: "main sent nothing for 1s".
	Cause string `json:"cause,omitempty"`
	// Reason is Cause in one word of a few, such as "mute", "disconnected" or "operator"; empty
	// where it is not known.
	Reason string `json:"reason,omitempty"`
	// GapMS is how long the last picture before a switch stands still, in milliseconds;
	// Frames is how many pictures are missing by that. Zero where none is.
	GapMS  float64 `json:"gap_ms,omitempty"`
	Frames int     `json:"frames,omitempty"`
}

// InputChange is what has changed.
type InputChange string

// The changes.
const (
	InputSwitched InputChange = "switched"
	InputLost     InputChange = "lost"
	InputBack     InputChange = "back"
)

// SlateInput stands for the slate in Input and From.
const SlateInput = "slate"

// Kind returns KindInput.
func (Input) Kind() Kind { return KindInput }

func (Input) isEvent() {}

// String returns it in words, without the signal: "main -> backup, 640 ms, 16 frames: main
// sent nothing for 1s".
func (i Input) String() string {
	words, cause := i.Way(), i.Cause
	if rest, named := strings.CutPrefix(cause, i.Input+" "); named && i.Change == InputLost {
		cause = "it " + rest // its name is there already
	}
	if i.Change == InputSwitched && i.GapMS > 0 {
		words += fmt.Sprintf(", %.0f ms, %d frames", i.GapMS, i.Frames)
	}
	if cause != "" {
		words += ": " + cause
	}
	return words
}

// Way returns what has changed without its gap and its cause: "main -> backup" or "backup lost".
func (i Input) Way() string {
	switch {
	case i.Change != InputSwitched:
		return i.Input + " " + string(i.Change)
	case i.From == "":
		return i.Input
	}
	return i.From + " -> " + i.Input
}
