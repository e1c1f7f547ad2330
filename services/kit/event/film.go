package event

// Film tells what becomes of a file in the input folder. It is told again when that
// changes.
type Film struct {
	// File is its name in the input folder.
	File string `json:"file"`
	// Signal is what it is or would be on air as; empty where it is passed over.
	Signal string `json:"signal,omitempty"`
	// State is what becomes of it.
	State FilmState `json:"state"`
	// Reason is why it is not aired whole, in words; empty where it is.
	Reason string `json:"reason,omitempty"`
}

// Kind returns "film".
func (Film) Kind() string { return "film" }

// FilmState is what becomes of a file in the input folder.
type FilmState string

// The states of a film.
const (
	FilmAired   FilmState = "aired"       // its signal is on air
	FilmWaiting FilmState = "waiting"     // it is being made, is queued, or is still being copied
	FilmRefused FilmState = "refused"     // it cannot be aired as it is
	FilmPassed  FilmState = "passed over" // it is no film
	FilmGone    FilmState = "gone"        // the file is there no more
)
