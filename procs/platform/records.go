package platform

import (
	"time"

	"livestream-tui/services/kit/event"
)

// FailoverAt is a failover, with its time and the process that reported it.
type FailoverAt struct {
	Time    time.Time `json:"time"`
	Process string    `json:"process"`
	event.Failover
}

// Completes reports whether f is the same failover as was, which was pending, with its gap.
func (f FailoverAt) Completes(was FailoverAt) bool {
	return was.Pending && !f.Pending && was.Process == f.Process && was.Signal == f.Signal && was.From == f.From && was.To == f.To && was.MSNBefore == f.MSNBefore
}

// InputAt is a change of what a live signal is made from, with its time and the receiver.
type InputAt struct {
	Time    time.Time `json:"time"`
	Process string    `json:"process"`
	event.Input
}

// CommandedAt is a command that was accepted, with its time.
type CommandedAt struct {
	Time time.Time `json:"time"`
	Commanded
}

// ServingAt is how a playlist is served from a time on, and the process that reported it.
type ServingAt struct {
	Time    time.Time `json:"time"`
	Process string    `json:"process"`
	event.Serving
}

// ViewingAt is a viewer's report on a signal, with its time.
type ViewingAt struct {
	Time    time.Time `json:"time"`
	Process string    `json:"process"`
	event.Viewing
	// Shown is when the viewer, in any incarnation, was first known to have shown the
	// signal; zero while it has not.
	Shown time.Time `json:"shown,omitzero"`
}

// AudienceAt is a proxy's latest report on the players of a rendition, with its time.
type AudienceAt struct {
	Time    time.Time `json:"time"`
	Process string    `json:"process"`
	event.Audience
}

// OutageAt is a viewer's latest report of an outage, with its time.
type OutageAt struct {
	Time    time.Time `json:"time"`
	Process string    `json:"process"`
	event.Outage
}

// FilmAt is a worker's latest report on a file, with its time.
type FilmAt struct {
	Time    time.Time `json:"time"`
	Process string    `json:"process"`
	event.Film
}

// DroppedAt is a signal that has left the ingest table, and when it did.
type DroppedAt struct {
	Time   time.Time `json:"time"`
	Signal string    `json:"signal"`
}

// Upgrading is an upgrade: every process that runs is restarted from the binary that is
// now on disk, one by one, each ready before the next. Processes that others depend on come
// last: the new proxy has fetched what players may still request before the packagers
// that have it restart. The supervisor itself goes on as it is.
type Upgrading struct {
	Began time.Time `json:"began"`
	// Ended is zero while the upgrade is under way.
	Ended time.Time `json:"ended,omitzero"`
	// Version is that of the binary on disk, in its own words.
	Version string `json:"version,omitempty"`
	// Process is the one that is being restarted, or that stopped the upgrade.
	Process string `json:"process,omitempty"`
	// Done of Total processes have been restarted.
	Done  int `json:"done"`
	Total int `json:"total"`
	// Error is why the upgrade stopped; empty while it is under way and when it succeeded.
	Error string `json:"error,omitempty"`
}

// Disk is the disk of one of the platform's folders.
type Disk struct {
	// Folder is the setting that names the folder, Path the folder.
	Folder string `json:"folder"`
	Path   string `json:"path"`
	// Device tells disks apart: folders with the same are on the same disk.
	Device uint64 `json:"device"`
	// FreeBytes are those that the platform may still write, of SizeBytes.
	FreeBytes int64 `json:"free_bytes"`
	SizeBytes int64 `json:"size_bytes"`
	// Low is set when less is free than the operator wants.
	Low bool `json:"low,omitempty"`
}
