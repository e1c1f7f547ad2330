package sandbox

import (
	"cmp"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform/local"
	"livestream-tui/services/kit/signals"
	"livestream-tui/services/receiver/keys"
)

// filmSize is the size of the drill's film. Its segments are larger than the buffers of
// sockets, and cost next to nothing to make.
const filmSize = "640x360"

// diskSize is the size of the disk in bytes: room enough for the segments that the encoder
// keeps of such a film.
const diskSize = 64 << 20

// foreign are the variables that would lead out of the sandbox.
var foreign = []string{"PACKAGERS", "REPORTER_URL", "ORIGIN_URL", "PROXY_URL", "VIEWER_SIGNALS", "PACKAGER_PORT", "PACKAGER_NAME", "BIND_ADDRESS", "CONTROL_BIND_ADDRESS",
	"INGEST", "INGEST_URLS", "INGEST_TOKEN", "PLAYBACK_KEYS", "PROXY_TLS_CERT", "PROXY_TLS_KEY", "PROXY_TLS_REDIRECT", "PROXY_ACME_HOSTS",
	"ENGINE_URL", "ENGINE_KEY", "ENGINE_CA", "ENGINE_PEERS", "ENGINE_CERT", "ENGINE_CERT_KEY", "ENGINE_EDGE_KEY", "MACHINE", "CLUSTER_TOKEN", "CLUSTER_ADDRESS",
	"SIGNALS", "LIVE_BIND_ADDRESS", "LIVE_HOST", "SRT_PORT", "RTMPS_PORT", "RTMP_TLS_CERT", "RTMP_TLS_KEY"}

// Sandbox is where the platform of a drill lives. Make it with New.
type Sandbox struct {
	// Root is the folder that holds all of it but the film.
	Root string
	// Output is the folder that the encoder writes to.
	Output string
	// ProxyPort is the port for an external proxy.
	ProxyPort int
	// Disk is Output where that is a small disk of its own; empty where it is not.
	Disk string
	// Signals are the live signals, with ports of their own; empty where the layout has none.
	Signals signals.List
	// Places are where the receiver takes their encoders in.
	Places keys.Places
	// State is its STATE_PATH, Logs the folder of its logs.
	State, Logs string
}

// New changes what is to be launched so that it disturbs no other platform: it gets free
// ports, folders of its own, and a film of its own, which is kept in cache so that it is
// made only once. With an external proxy, the layout's own is left out. Call Remove at the
// end.
func New(o *local.Options, cache string, externalProxy bool) (Sandbox, error) {
	root, err := os.MkdirTemp("", "lt-drill-") // short: the path of a socket has a limit
	if err != nil {
		return Sandbox{}, err
	}
	s := Sandbox{Root: root, Output: filepath.Join(root, "output")}
	env := maps.Clone(o.Env)
	if env == nil {
		env = map[string]string{}
	}
	for _, name := range foreign {
		delete(env, name)
	}
	env["TEST_FILM_SIZE"] = cmp.Or(env["TEST_FILM_SIZE"], filmSize)
	env["INPUT_STREAM_PATH"] = filepath.Join(cache, "drill", filepath.Base(env["TEST_FILM_SIZE"]))
	if len(o.Layout.Signals) > 0 {
		env["INPUT_STREAM_PATH"] = filepath.Join(root, "input") // no film beside a live signal
		if err := os.Mkdir(env["INPUT_STREAM_PATH"], 0o755); err != nil {
			return s, errors.Join(err, s.Remove())
		}
	}
	env["OUTPUT_STREAM_PATH"] = s.Output
	env["RUN_PATH"] = filepath.Join(root, "run")
	s.State, s.Logs = filepath.Join(root, "state"), filepath.Join(root, "state", "logs")
	env["STATE_PATH"] = s.State
	env["CACHE_PATH"] = cache
	env["PROXY_ADMIN"] = "public" // on loopback: the drill asks for it at the players' address
	o.RunPath, o.LogPath, o.Folders = env["RUN_PATH"], s.Logs, nil
	o.Env = env

	list := slices.Clone(o.Layout.Processes)
	if externalProxy {
		list = withoutProxy(list)
	}
	ports, err := freePorts(len(list) + 1 + portsOf(o.Layout.Signals))
	if err != nil {
		return s, errors.Join(err, s.Remove())
	}
	s.ProxyPort = ports[len(list)]
	for i := range list {
		p := &list[i]
		if p.PortVariable == "" {
			continue
		}
		port := strconv.Itoa(ports[i])
		env[p.PortVariable] = port
		if p.Environment[p.PortVariable] != "" {
			p.Environment = maps.Clone(p.Environment)
			p.Environment[p.PortVariable] = port
		}
	}
	o.Layout.Processes = list
	if err := s.moveSignals(o, env, ports[len(list)+1:]); err != nil {
		return s, errors.Join(err, s.Remove())
	}
	return s, nil
}

// withoutProxy removes the proxies, and the processes that depend on one.
func withoutProxy(list []layouts.Process) []layouts.Process {
	var proxies []string
	for _, p := range list {
		if p.Role() == layouts.Proxy {
			proxies = append(proxies, p.Name)
		}
	}
	return slices.DeleteFunc(list, func(p layouts.Process) bool {
		return p.Role() == layouts.Proxy || slices.ContainsFunc(p.DependsOn, func(name string) bool { return slices.Contains(proxies, name) })
	})
}

// MountDisk makes Output a small disk of its own. Where that cannot be done, nothing
// changes: it needs root on Linux.
func (s *Sandbox) MountDisk() error {
	if err := os.MkdirAll(s.Output, 0o755); err != nil {
		return err
	}
	if mountDisk(s.Output, diskSize) == nil {
		s.Disk = s.Output
	}
	return nil
}

// UnmountDisk releases the disk, if there is one. The logs stay.
func (s Sandbox) UnmountDisk() error {
	if s.Disk == "" {
		return nil
	}
	return unmountDisk(s.Disk)
}

// Remove removes the folders, once the disk is unmounted.
func (s Sandbox) Remove() error { return os.RemoveAll(s.Root) }
