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
	// Cause is the same as a code to decide by; empty when no code says it, and when the film
	// is aired.
	Cause FilmCause `json:"cause,omitempty"`
	// Folder is the one without room where the cause is FilmDiskFull; empty while it is not
	// known.
	Folder string `json:"folder,omitempty"`
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

// FilmCause is why a film is not aired.
type FilmCause string

// The causes.
const (
	FilmCopying    FilmCause = "copying"    // it is new, still being copied, or open for writing
	FilmMaking     FilmCause = "making"     // its mezzanine is to be made
	FilmDiskFull   FilmCause = "disk full"  // there is no room for its mezzanine or its segments
	FilmFFmpeg     FilmCause = "ffmpeg"     // this machine's FFmpeg does not work
	FilmEmpty      FilmCause = "empty"      // the file has no content
	FilmUnreadable FilmCause = "unreadable" // the file cannot be opened, or is no film
	FilmNoVideo    FilmCause = "no video"   // it has no picture that can be decoded
	FilmTooLong    FilmCause = "too long"   // it lasts longer than is allowed
	FilmNameTaken  FilmCause = "name taken" // another file, input or process has its signal
)
