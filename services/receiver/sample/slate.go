package sample

import "time"

// Slate is what is aired while no input gives anything. It is made once for a format, and
// repeated. It never changes.
type Slate struct {
	// Format has the parameter sets of its own pictures, and the sound of the format that it
	// was made for.
	Format Format
	// Video begins with a key frame and depends on nothing before it. Its DTS begin at 0, and
	// PTS equals DTS. It lasts for Length, then it begins again.
	Video  []Sample
	Length time.Duration
	// Audio is a film's sound, whose DTS begin at 0. Empty means that Silence is repeated.
	Audio []Sample
	// Silence is one frame without a sound. Nil means that the format has no sound.
	Silence []byte
}
