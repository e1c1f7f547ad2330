package local

import (
	"context"
	"net"
	"os"
	"slices"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/preflight"
)

// Options say which platform to run and where.
type Options struct {
	Layout layouts.Layout
	// Env is the operator's environment, which every process is given.
	Env map[string]string
	// Settings are the names of the platform's own variables, whose values may be shown.
	Settings []string
	// Reads returns those of Settings that a service reads; it is not given the others.
	// Nil means that every service reads all of them.
	Reads func(service string) []string
	// Self is the path of our own binary, which every process runs.
	Self string
	// Guardian are further arguments of the guardian, which Self runs.
	Guardian []string
	// RunPath is the folder of sockets and locks, LogPath that of the processes' logs.
	RunPath, LogPath string
	// StatePath is the folder of the journal; empty means that the journal is in memory only.
	StatePath string
	// Machine is the name of this machine in its cluster, and Address the one by which other
	// machines reach it; both are empty without a cluster.
	Machine, Address string
	// Stopped are names of processes that are not started until an operator starts them.
	Stopped []string
	// OnEvent is a shell command that is run on each event of the journal; empty for none.
	OnEvent string
	// Folders are checked before anything starts, and their disks are watched: one with fewer
	// free bytes than LowDisk is low. Zero means that none ever is.
	Folders []preflight.Folder
	LowDisk int64
	// Sockets are listening sockets that a service manager has passed to this process, each
	// named for the process that it is for; nil for none.
	Sockets []*os.File
	// Serve answers clients of the control socket until its context is cancelled, which is
	// after the platform has ended. Nil means that there is no control socket.
	Serve Serve
	// Log takes the messages of the supervision itself.
	Log hclog.Logger
}

// Serve answers clients of p, which runs layout, on l until ctx is cancelled.
type Serve func(ctx context.Context, p platform.Platform, layout layouts.Layout, log hclog.Logger, l net.Listener)

// unpassed returns the endpoints without those whose sockets were passed.
func (o Options) unpassed(list []preflight.Endpoint) []preflight.Endpoint {
	return slices.DeleteFunc(slices.Clone(list), func(e preflight.Endpoint) bool {
		return slices.ContainsFunc(o.Sockets, func(f *os.File) bool { return f.Name() == e.Process })
	})
}

// requirements returns what New checks.
func (o Options) requirements() preflight.Requirements {
	return preflight.Requirements{Layout: o.Layout, Env: o.Env, Settings: o.Settings, RunPath: o.RunPath, Folders: o.Folders}
}
