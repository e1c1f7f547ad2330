package platform

import (
	"context"
	"time"

	"livestream-tui/layouts"
	"livestream-tui/procs"
	"livestream-tui/services/kit/event"
	"livestream-tui/services/kit/report"
)

// What is procs' and has a name here, so that clients need not import it.
type (
	// State is the state of a process.
	State = procs.State
	// Status is what is known of a process.
	Status = procs.Status
	// Ending is how a process ended.
	Ending = procs.Ending
)

// The states of a process.
const (
	Idle     = procs.Idle
	Waiting  = procs.Waiting
	Starting = procs.Starting
	Running  = procs.Running
	Ready    = procs.Ready
	Degraded = procs.Degraded
	Stopping = procs.Stopping
	Exited   = procs.Exited
	Backoff  = procs.Backoff
	Failed   = procs.Failed
)

// ExitSuccess is the exit of a process that ended with status 0.
const ExitSuccess = procs.ExitSuccess

// Self is the name under which the platform itself tells what it sees, where its layout
// runs no viewer.
const Self = "platform"

// LogsMost is how many lines of log are kept.
const LogsMost = 10_000

// Platform is the supervised platform. Safe for concurrent use. It is an interface so
// that a client may sit at the other end of a socket: each method may fail, and returns
// when ctx is cancelled.
type Platform interface {
	// Snapshot returns the platform as it is now; cheap enough for ten a second. With an
	// error it is the newest one that is known, and OnAir says that it is not known now.
	Snapshot(ctx context.Context) (Snapshot, error)
	// Logs returns up to limit lines after sequence number since, oldest first. Lines
	// that have left the buffer are skipped; their number is the jump in Seq.
	Logs(ctx context.Context, since uint64, limit int) ([]LogLine, error)
	// Subscribe returns the snapshot of now and a channel of all events after it, none
	// lost between. The channel is bounded: Event.Dropped counts what a slow reader
	// missed. It is closed when ctx is cancelled or the platform has ended.
	Subscribe(ctx context.Context) (Snapshot, <-chan Event, error)
	// Command asks for something and returns once it is under way, or an error that says
	// what is wrong and what is allowed.
	Command(ctx context.Context, c Command) error
}

// Snapshot is the platform at one moment. Its slices are shared: read only.
type Snapshot struct {
	// Version grows with every change.
	Version uint64    `json:"version"`
	At      time.Time `json:"at"`
	// PID is the supervisor's own.
	PID int `json:"pid"`
	// Layout is the layout's name, Started when the platform was launched.
	Layout  string    `json:"layout"`
	Started time.Time `json:"started"`
	// Stopping: the platform is on its way down.
	Stopping bool `json:"stopping"`
	// Processes are in the order of the layout.
	Processes []Process `json:"processes"`
	// Ingests is the reporter's table, Details its details; IngestsErr says why
	// there are none, empty while the reporter answers.
	Ingests    []report.Ingest       `json:"ingests"`
	Details    []report.SignalStatus `json:"details"`
	IngestsErr string                `json:"ingests_error,omitempty"`
	// Live is what the origin says to play, per signal, in order of name;
	// Preferences are all its words on it: who is active, held, in which order.
	Live        []report.Live       `json:"live"`
	Preferences []report.Preference `json:"preferences"`
	// Failovers are the newest last, 100 at most.
	Failovers []FailoverAt `json:"failovers"`
	// Degraded are the playlists that the proxy does not merge now, though others of
	// their kind are merged: a failover shows to their players. ServingChanges are those
	// that became so, or merged again. The newest are last, 100 at most of each.
	Degraded       []ServingAt `json:"degraded"`
	ServingChanges []ServingAt `json:"serving_changes"`
	// Viewings are what each viewer last said of each signal that it plays, 100 at
	// most: what the audience sees.
	Viewings []ViewingAt `json:"viewings"`
	// Outages are the times in which a viewer had no media of a signal, as it told them
	// last: those that last, and 100 that have ended at most. The newest word is last.
	Outages []OutageAt `json:"outages"`
	// Films are what each worker told last of each file of its input folder, in order
	// of name, 1000 at most.
	Films []FilmAt `json:"films"`
	// Dropped are signals that discovery has ceased to report while it worked: they have
	// ended.
	Dropped []DroppedAt `json:"dropped,omitempty"`
	// Actives are the newest words on which packager serves each signal.
	Actives []ActiveAt `json:"actives"`
	// Packagers and OnAir follow from the rest, by the package onair: who serves each
	// signal, who could, and what the audience sees. Each client reads them here.
	Packagers []Packager `json:"packagers"`
	OnAir     OnAir      `json:"on_air"`
	// Upgrade is the newest one; nil before the first.
	Upgrade *Upgrading `json:"upgrade,omitempty"`
	// LogSeq is the sequence number of the newest log line.
	LogSeq uint64 `json:"log_seq"`
	// PlayURL is what an operator opens in a player: the proxy's base URL.
	PlayURL string `json:"play_url"`
	// LogFolder is where the children's logs are.
	LogFolder string `json:"log_folder"`
}

// Process is one process of the layout and what it is.
type Process struct {
	Status
	// Service is the command that it runs, such as server1, and Role what it is there
	// for, such as packager.
	Service string       `json:"service"`
	Role    layouts.Role `json:"role"`
	// Port is 0 for a service without one.
	Port int `json:"port"`
	// Env are its variables that are ours, NAME=VALUE in order, secrets masked.
	Env []string `json:"env,omitempty"`
	// Progress is the last progress event of a start that takes long; nil
	// otherwise.
	Progress *event.Progress `json:"progress,omitempty"`
}

// FailoverAt is a failover with its time and who told it.
type FailoverAt struct {
	Time    time.Time `json:"time"`
	Process string    `json:"process"`
	event.Failover
}

// ServingAt is how a playlist is served from a time on, and who told it.
type ServingAt struct {
	Time    time.Time `json:"time"`
	Process string    `json:"process"`
	event.Serving
}

// ViewingAt is a viewer's word on a signal with its time.
type ViewingAt struct {
	Time    time.Time `json:"time"`
	Process string    `json:"process"`
	event.Viewing
	// Shown is when it was first known to have shown the signal, by any incarnation of
	// the viewer; zero while it has not.
	Shown time.Time `json:"shown,omitzero"`
}

// LogLine is a line of a child's log.
type LogLine struct {
	Seq     uint64 `json:"seq"`
	Process string `json:"process"`
	event.Line
}

// Command is something to do. Process names one process; it is empty for
// commands to the whole platform.
type Command struct {
	Process string `json:"process,omitempty"`
	Action  Action `json:"action"`
	// Fault is what SetFault sets; zero for any other action.
	Fault Fault `json:"fault,omitzero"`
}

// FilmAt is what a worker told last of a file, and when.
type FilmAt struct {
	Time    time.Time `json:"time"`
	Process string    `json:"process"`
	event.Film
}

// OutageAt is an outage as a viewer told it last, and when.
type OutageAt struct {
	Time    time.Time `json:"time"`
	Process string    `json:"process"`
	event.Outage
}

// Upgrading is an upgrade: every process that runs is restarted from the binary that
// is now where ours was when we started, one by one, each ready before the next.
// What others depend on comes last: the new proxy has fetched what players may still
// ask for before the packagers that hold it begin anew. The supervisor itself goes on as it is.
type Upgrading struct {
	Began time.Time `json:"began"`
	// Ended is zero while it is under way.
	Ended time.Time `json:"ended,omitzero"`
	// Version is what the binary on disk says of itself.
	Version string `json:"version,omitempty"`
	// Process is the one that is being restarted, or that stopped the upgrade.
	Process string `json:"process,omitempty"`
	// Done of Total processes have been restarted.
	Done  int `json:"done"`
	Total int `json:"total"`
	// Error is why it did not get further; empty while it goes on, and when all of
	// it was done.
	Error string `json:"error,omitempty"`
}

// Outcome is how a run of the platform ended badly, as an error: its exit status
// follows from the type, its text is the Reason.
type Outcome struct { //nolint:errname // it names the outcome of a run, not a kind of error
	// NeverReady is set when a process never became ready. Otherwise the stream was off
	// air at the end.
	NeverReady bool
	Reason     string
}

// Error returns the reason.
func (o *Outcome) Error() string { return o.Reason }

// Runner is a platform that Headless can run.
type Runner interface {
	Platform
	// Run starts the platform and returns when it has ended after ctx was cancelled.
	Run(ctx context.Context) error
}
