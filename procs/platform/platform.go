package platform

import (
	"context"
	"time"

	"livestream-tui/procs/platform/series"
	"livestream-tui/services/kit/token"
)

// Self is the name of the platform itself as the source of an event or a viewer's report.
const Self = "platform"

// Platform is the supervised platform. It is safe for concurrent use. It is an interface
// so that a client can be at the other end of a socket: each method can fail, and returns
// when ctx is cancelled.
type Platform interface {
	// Snapshot returns the platform as it is now. It is cheap enough for ten calls a second.
	// With an error it returns the latest snapshot that is known; once that is too old to
	// count, its OnAir is AirUnknown.
	Snapshot(ctx context.Context) (Snapshot, error)
	// Logs returns up to limit lines after sequence number since, oldest first. Of more it
	// returns those at level warn and above first, and the newest of the others. Lines that
	// are left out, or have left the buffer, are jumps in Seq.
	Logs(ctx context.Context, since uint64, limit int) ([]LogLine, error)
	// Journal returns what has happened from since on, in order of time, as far as the
	// journal goes back, which is beyond the start of the platform. Of more than limit events
	// it returns the newest.
	Journal(ctx context.Context, since time.Time, limit int) ([]Event, error)
	// History returns the figures of the last fifteen minutes that came after a time; a zero
	// time means all. Asked with History.To of the last answer, it is cheap enough for a call
	// a second.
	History(ctx context.Context, since time.Time) (series.History, error)
	// Subscribe returns the current snapshot and a channel of all events after it; no event
	// falls between the two. The channel is bounded: Event.Dropped counts what a slow reader
	// missed. It is closed when ctx is cancelled or the platform has ended. With an error the
	// channel is closed already.
	Subscribe(ctx context.Context) (Snapshot, <-chan Event, error)
	// Command starts a command and returns once it is under way. The error says what is
	// wrong and what is allowed.
	Command(ctx context.Context, c Command) error
	// Token returns a playback token for a signal, made for this call: it lets whoever has it
	// play the signal for TokenLasts. Where Snapshot.Tokens is not set, everybody may play,
	// and it is empty. The error says why there is none.
	Token(ctx context.Context, signal string) (string, error)
}

// TokenLasts is how long a token of Platform.Token lasts: for as long as somebody on duty
// watches.
const TokenLasts = 12 * time.Hour

// WithToken returns an address of the proxy with a token, by which whoever has it may play;
// without one the address alone.
func WithToken(address, has string) string {
	if has == "" {
		return address
	}
	return address + "?" + token.Argument + "=" + has
}

// JournalMost is how many events of the journal a platform has at hand.
const JournalMost = 10_000

// Runner is a platform that can be run.
type Runner interface {
	Platform
	// Run starts the platform and returns when it has ended after ctx was cancelled.
	Run(ctx context.Context) error
}

// Outcome is the error of a run that ended badly. Its type decides the exit status, its
// text is the Reason.
type Outcome struct { //nolint:errname // it names the outcome of a run, not a kind of error
	// NeverReady is set when a process never became ready. Otherwise the stream was off air
	// at the end.
	NeverReady bool
	Reason     string
}

// Error returns the reason.
func (o *Outcome) Error() string { return o.Reason }
