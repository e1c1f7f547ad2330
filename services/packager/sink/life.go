package sink

import "time"

const (
	// VanishGrace is how long a signal that vanished from disk without an end may take to
	// come back: its folder may have been removed under its worker.
	VanishGrace = 20 * time.Second
	// SilentMost is how long a signal goes on without anything coming and without an
	// end.
	SilentMost = 10 * time.Minute
	// Lingers is how long a playlist with EXT-X-ENDLIST is served, so that players have
	// time to find it and to play what it lists.
	Lingers = 45 * time.Second
	// MediaLingers is how long media is served longer than its playlist.
	MediaLingers = 10 * time.Second
)

// life is the state of a signal between its first playlist and its removal. Pure. The
// states follow each other: it goes on; it is about to end; it has ended and its
// playlist says so; its playlist is gone and only media is left; it is over.
type life struct {
	said time.Time // when its end was announced or found; zero while it goes on
	due  time.Time // when the end is shown, unless something comes before
	gone time.Time // when its playlist was removed; zero while it is served
	// missed is true when it vanished without an announced end. It goes on until the end
	// is shown.
	missed bool
}

// goesOn reports whether no end of the signal was announced.
func (l *life) goesOn() bool { return l.said.IsZero() || l.missed }

// end announces the end of the signal after a grace, within which it may go on. An
// earlier announcement counts, unless the end comes sooner by this one.
func (l *life) end(now time.Time, grace time.Duration) {
	if due := now.Add(grace); l.said.IsZero() || due.Before(l.due) {
		l.said, l.due = now, due
	}
	l.missed = false
}

// miss notes that the signal vanished; it ends after a grace unless it comes back.
func (l *life) miss(now time.Time, grace time.Duration) {
	if l.said.IsZero() {
		l.said, l.due, l.missed = now, now.Add(grace), true
	}
}

// revive revokes the end.
func (l *life) revive() { *l = life{} }

// ends reports whether the end is due.
func (l *life) ends(now time.Time) bool { return !l.said.IsZero() && !now.Before(l.due) }

// lingered reports whether the ended playlist has been served for long enough.
func (l *life) lingered(now time.Time) bool {
	return !l.said.IsZero() && l.gone.IsZero() && now.Sub(l.due) >= 0 && now.Sub(l.said) >= Lingers
}

// leave notes that the playlist is no longer served.
func (l *life) leave(now time.Time) {
	if l.gone.IsZero() {
		l.gone = now
	}
}

// over reports whether nothing is left to serve.
func (l *life) over(now time.Time) bool { return !l.gone.IsZero() && now.Sub(l.gone) >= MediaLingers }
