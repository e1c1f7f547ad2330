package ingest

import "time"

const (
	// vanishGrace is how long a signal that is on disk no more, and did not say that
	// it ends, is taken to come back: a folder may be swept away under its worker.
	vanishGrace = 20 * time.Second
	// silentMost is how long a signal is taken to go on that nobody brings any more,
	// without having said that it ends.
	silentMost = 10 * time.Minute
	// lingers is how long a playlist with EXT-X-ENDLIST is served, so that players
	// find it: time enough to play what it lists.
	lingers = 45 * time.Second
	// mediaLingers is how long media is served once its playlist is not.
	mediaLingers = 10 * time.Second
)

// life is where a signal stands between its first playlist and its removal. Pure.
// It goes on; it is about to end; it has ended, which its playlist says; its playlist
// is gone, and only the media is left; it is over.
type life struct {
	said time.Time // when it was said, or found, that it ends; zero while it goes on
	due  time.Time // when the end is shown unless something comes before
	gone time.Time // when its playlist went; zero while it is served
	// missed: nobody said that it ends, it is only not there. It goes on until the end
	// is shown.
	missed bool
}

// goesOn reports whether nobody says that the signal ends.
func (l *life) goesOn() bool { return l.said.IsZero() || l.missed }

// end says that the signal ends after a grace, within which it may go on. What was
// said first counts, unless the end comes sooner now.
func (l *life) end(now time.Time, grace time.Duration) {
	if due := now.Add(grace); l.said.IsZero() || due.Before(l.due) {
		l.said, l.due = now, due
	}
	l.missed = false
}

// miss says that the signal is not there, and ends after a grace if it stays away.
func (l *life) miss(now time.Time, grace time.Duration) {
	if l.said.IsZero() {
		l.said, l.due, l.missed = now, now.Add(grace), true
	}
}

// revive says that the signal goes on.
func (l *life) revive() { *l = life{} }

// ends reports whether the end is to be shown now.
func (l *life) ends(now time.Time) bool { return !l.said.IsZero() && !now.Before(l.due) }

// lingered reports whether the playlist has said for long enough that it ends.
func (l *life) lingered(now time.Time) bool {
	return !l.said.IsZero() && l.gone.IsZero() && now.Sub(l.due) >= 0 && now.Sub(l.said) >= lingers
}

// leave says that the playlist is served no more.
func (l *life) leave(now time.Time) {
	if l.gone.IsZero() {
		l.gone = now
	}
}

// over reports whether nothing is left to be served.
func (l *life) over(now time.Time) bool { return !l.gone.IsZero() && now.Sub(l.gone) >= mediaLingers }
