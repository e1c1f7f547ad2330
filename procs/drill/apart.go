package drill

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"livestream-tui/procs/platform/local"
)

// filmSize is the size of the drill's film: its segments are larger than what
// sockets hold, and cost next to nothing to make.
const filmSize = "640x360"

// Place is where a platform of the drill's own lives.
type Place struct {
	// Root holds all of it but the film.
	Root string
	// Output is the folder that the encoder writes to.
	Output string
	// Front is the port for a proxy that is not the platform's.
	Front int
	// Disk is Output where that is a small disk of its own; empty where it is not.
	Disk string
}

// diskSize is the size of that disk, in bytes: room enough for what the encoder
// keeps of a film of the drill's.
const diskSize = 64 << 20

// others are the variables that would lead out of a platform of our own.
var others = []string{"PACKAGERS", "REPORTER_URL", "ORIGIN_URL", "PROXY_URL", "VIEWER_SIGNALS", "PACKAGER_PORT", "PACKAGER_NAME", "BIND_ADDRESS", "CONTROL_BIND_ADDRESS",
	"INGEST", "INGEST_URLS", "INGEST_TOKEN"}

// Apart changes what is to be launched so that it disturbs nobody: ports that are
// free, folders of its own, a film of its own that is kept in cache, so that it is
// made only once. With another proxy the layout's own is not launched. The place is
// to be left with Leave.
func Apart(o *local.Options, cache string, otherProxy bool) (Place, error) {
	root, err := os.MkdirTemp("", "lt-drill-") // short: sockets' paths are bounded
	if err != nil {
		return Place{}, err
	}
	place := Place{Root: root, Output: filepath.Join(root, "output")}
	env := maps.Clone(o.Env)
	if env == nil {
		env = map[string]string{}
	}
	for _, name := range others {
		delete(env, name)
	}
	env["TEST_FILM_SIZE"] = cmp.Or(env["TEST_FILM_SIZE"], filmSize)
	env["INPUT_STREAM_PATH"] = filepath.Join(cache, "drill", filepath.Base(env["TEST_FILM_SIZE"]))
	env["OUTPUT_STREAM_PATH"] = place.Output
	env["RUN_PATH"] = filepath.Join(root, "run")
	env["STATE_PATH"] = filepath.Join(root, "state")
	env["CACHE_PATH"] = cache
	env["PROXY_ADMIN"] = "public" // on loopback; what the proxy sees is asked for where players are
	o.RunPath, o.LogPath, o.Folders = env["RUN_PATH"], filepath.Join(env["STATE_PATH"], "logs"), nil
	o.Env = env

	list := slices.Clone(o.Layout.Processes)[:0]
	for _, p := range o.Layout.Processes {
		if !otherProxy || p.Service != "proxy" && !slices.Contains(p.DependsOn, "proxy") {
			list = append(list, p)
		}
	}
	ports, err := freePorts(len(list) + 1)
	if err != nil {
		return place, errors.Join(err, place.Leave())
	}
	place.Front = ports[len(list)]
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
	return place, nil
}

// WithDisk makes the place's output a small disk of its own, where that can be done:
// it needs root on Linux. Where it cannot, nothing has changed.
func (p *Place) WithDisk() error {
	if err := os.MkdirAll(p.Output, 0o755); err != nil {
		return err
	}
	if mountDisk(p.Output, diskSize) == nil {
		p.Disk = p.Output
	}
	return nil
}

// Release gives the disk back, if there is one; logs stay.
func (p Place) Release() error {
	if p.Disk == "" {
		return nil
	}
	return unmountDisk(p.Disk)
}

// Leave removes the place, once its disk has been released.
func (p Place) Leave() error { return os.RemoveAll(p.Root) }

// Ports are looked for below those that systems give to outgoing connections: while
// a packager is down, its port must not become somebody's.
const (
	portFirst = 15000
	portLast  = 32000
)

// freePorts are n ports on the loopback address that nobody listens on.
func freePorts(n int) ([]int, error) {
	var ports []int
	from := rand.IntN(portLast - portFirst)
	for i := range portLast - portFirst {
		if len(ports) == n {
			return ports, nil
		}
		port := portFirst + (from+i)%(portLast-portFirst)
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			return nil, err
		}
		ports = append(ports, port)
	}
	return nil, fmt.Errorf("there are no %d free ports from %d to %d", n, portFirst, portLast)
}
