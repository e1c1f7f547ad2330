package event

// Film reports the state of a file in the input folder, at first and whenever it changes.
type Film struct {
	// File is its name in the input folder.
	File string `json:"file"`
	// Signal is the signal that the file is or would be; empty when it is passed over.
	Signal string `json:"signal,omitempty"`
	// State is where it stands.
	State FilmState `json:"state"`
	// Reason is why it is not aired whole, in words; empty when it is.
	Reason string `json:"reason,omitempty"`
}

// Kind returns KindFilm.
func (Film) Kind() Kind { return KindFilm }

func (Film) isEvent() {}

// FilmState is where a file in the input folder stands.
type FilmState string

// The states of a film.
const (
	FilmAired   FilmState = "aired"       // its signal is on air
	FilmWaiting FilmState = "waiting"     // it is being made, queued, or still being copied
	FilmRefused FilmState = "refused"     // it cannot be aired as it is
	FilmPassed  FilmState = "passed over" // it is not a film
	FilmGone    FilmState = "gone"        // the file has been removed
)
