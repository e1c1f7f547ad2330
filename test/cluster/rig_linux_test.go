package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"livestream-tui/procs/cluster/identity"
	"livestream-tui/procs/platform"
	"livestream-tui/services/cluster"
	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/kit/report"
	"livestream-tui/test/harness"
	"livestream-tui/test/network"
)

// enginesMost is how many machines run the engine: those that have joined first.
const enginesMost = 3

// film is the only film, and its signal.
const film = "live01"

// rig is three machines that have joined, and a host for players.
type rig struct {
	t        *testing.T
	machines []*machine
	home     *network.Host
	client   *http.Client // on home
	// engine is set when they have joined by an engine, and not by settings alone.
	engine bool
	// began is when the first machine was started.
	began time.Time
	// probed is set when each trial measures the Store and the Bus too.
	probed bool
	// skewed is the binary with another clock; empty until it is needed.
	skewed string
	// plug makes one more machine, which does not run.
	plug func(name string) *machine
}

// newRig starts the machines and returns once each of them is on air with all packagers.
func newRig(t *testing.T, engine bool) *rig {
	t.Helper()
	n := network.New(t)
	binary := os.Getenv("BIN") // another binary, such as an earlier version
	if binary == "" {
		binary = harness.Binary(t)
	}
	between, outside := n.Switch("between", 1), n.Switch("outside", 2)
	r := &rig{t: t, home: n.Host("home"), engine: engine}
	r.home.Plug(outside, 100)
	root := harness.Folder(t)
	input := filepath.Join(root, "input")
	if err := os.Mkdir(input, 0o755); err != nil {
		t.Fatal(err)
	}
	harness.CopyFile(t, harness.Film(t), filepath.Join(input, film+".mp4"))
	r.plug = func(name string) *machine {
		m := &machine{t: r.t, name: name, host: n.Host(name), binary: binary}
		number := 11 + len(r.machines)
		m.between, m.home = m.host.Plug(between, number), m.host.Plug(outside, number)
		// Players know the address that the machine has among machines, and reach it without them.
		r.home.Route(m.between.Address, m.home.Address)
		own := filepath.Join(root, name)
		m.env = map[string]string{
			"INPUT_STREAM_PATH": input, "CACHE_PATH": harness.Cache(t), "RUN_PATH": filepath.Join(own, "run"), "STATE_PATH": filepath.Join(own, "state"),
			"PROXY_ADMIN": "public",
		}
		r.machines = append(r.machines, m)
		return m
	}
	for _, name := range []string{"a", "b", "c"} {
		r.plug(name)
	}
	r.client = r.home.Client()
	t.Cleanup(r.client.CloseIdleConnections)
	if engine {
		r.join()
	} else {
		r.settle()
	}
	t.Cleanup(func() {
		for _, m := range r.machines {
			m.join()
			if t.Failed() {
				t.Logf("%s said:\n%s", m.name, m.logged())
			}
			m.end()
		}
	})
	r.began = time.Now()
	for _, m := range r.machines {
		m.start()
	}
	r.await(3*time.Minute, "three machines are on air", r.well)
	t.Logf("three machines are on air after %s", time.Since(r.began).Round(100*time.Millisecond))
	return r
}

// join gives each machine a token for a cluster that does not exist yet.
func (r *rig) join() {
	var list []cluster.Member
	for _, m := range r.machines {
		list = append(list, cluster.Member{Name: m.name, Address: m.between.Address})
	}
	token, err := identity.NewToken(list)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, m := range r.machines {
		m.args = []string{"--layout", "cluster"}
		m.env["MACHINE"], m.env["CLUSTER_TOKEN"] = m.name, token.Encode()
	}
}

// settle joins the machines by settings alone, as PACKAGERS and INGEST_URLS always could.
func (r *rig) settle() {
	packagers := strings.Join(r.packagers(), ",")
	for _, m := range r.machines {
		for variable, value := range map[string]string{
			"BIND_ADDRESS": m.between.Address, "CONTROL_BIND_ADDRESS": m.between.Address, "OUTPUT_STREAM_PATH": "none",
			"PACKAGERS": packagers, "INGEST": "http", "INGEST_URLS": packagers, "INGEST_TOKEN": "of-the-trials",
			"REPORTER_URL": m.between.URL(reporterPort), "ORIGIN_URL": m.between.URL(originPort), "PROXY_URL": m.proxy(),
		} {
			m.env[variable] = value
		}
	}
}

// own makes a test the one that the rig's failures belong to.
func (r *rig) own(t *testing.T) {
	r.t = t
	for _, m := range r.machines {
		m.t = t
	}
}

func (r *rig) await(limit time.Duration, what string, holds func() error) {
	r.t.Helper()
	harness.Await(r.t, limit, what, holds)
}

// packagers are those of every machine, in the order that every machine has.
func (r *rig) packagers() []string {
	var list []string
	for _, m := range r.machines {
		list = append(list, m.packagers()...)
	}
	return list
}

// well is nil when every machine runs, and knows that every packager is up.
func (r *rig) well() error {
	for _, m := range r.machines {
		if err := m.ready(); err != nil {
			return err
		}
		if _, err := r.active(m); err != nil {
			return err
		}
	}
	if err := r.tables(r.machines, r.packagers()); err != nil {
		return err
	}
	if !r.engine {
		return nil
	}
	return r.engines()
}

// tables is nil when the reporter of each machine has exactly those packagers up.
func (r *rig) tables(of []*machine, up []string) error {
	for _, m := range of {
		_, b, err := harness.Fetch(r.client, m.between.URL(reporterPort)+"/ingests")
		if err != nil {
			return err
		}
		var list []report.Ingest
		if err := json.Unmarshal(b, &list); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		if len(list) != 1 || list[0].Signal != film || !slices.Equal(sorted(list[0].Packagers), sorted(up)) {
			return fmt.Errorf("the reporter of %s says %s, want %v", m.name, b, up)
		}
	}
	return nil
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

// active is the base URL of the packager that a machine's proxy serves from.
func (r *rig) active(m *machine) (string, error) {
	h, _, err := harness.Fetch(r.client, m.playlist())
	if err != nil {
		return "", err
	}
	base := h.Get("X-Packager")
	if !slices.Contains(r.packagers(), base) {
		return "", fmt.Errorf("the proxy of %s names the packager %q", m.name, base)
	}
	return base, nil
}

// owner is the machine of the packager that most proxies serve from, and its name there.
func (r *rig) owner() (m *machine, process string, err error) {
	votes := map[string]int{}
	for _, m := range r.machines {
		base, err := r.active(m)
		if err != nil {
			return nil, "", err
		}
		votes[base]++
	}
	most := slices.MaxFunc(r.packagers(), func(a, b string) int { return votes[a] - votes[b] })
	for _, m := range r.machines {
		if name, ours := m.process(most); ours {
			return m, name, nil
		}
	}
	return nil, "", errors.New("no machine has the active packager")
}

// leader is the machine whose engine leads the Store.
func (r *rig) leader() (*machine, error) {
	for _, m := range r.machines {
		s, err := m.snapshot()
		if err != nil {
			return nil, err
		}
		for _, of := range s.Machines {
			if of.Own && of.Engine == "leader" {
				return m, nil
			}
		}
	}
	return nil, errNoLeader
}

// engines is nil when an engine leads, and every machine hears the others.
func (r *rig) engines() error {
	leads := 0
	for _, m := range r.machines {
		s, err := m.snapshot()
		if err != nil {
			return err
		}
		if len(s.Machines) != len(r.machines) {
			return fmt.Errorf("%s knows %d machines, want %d", m.name, len(s.Machines), len(r.machines))
		}
		for _, of := range s.Machines {
			switch {
			case of.State != platform.MachineUp:
				return fmt.Errorf("%s says that %s is %s: %s", m.name, of.Name, of.State, of.Reason)
			case of.Engine == "leader" && of.Own:
				leads++
			case of.Engine == "standby" && r.isLater(of.Name):
			case of.Engine != "leader" && of.Engine != "follower":
				return fmt.Errorf("%s says that the engine of %s is %q", m.name, of.Name, of.Engine)
			}
		}
	}
	if leads != 1 {
		return fmt.Errorf("%d engines lead: %w", leads, errNoLeader)
	}
	return nil
}

// isLater reports whether a machine has joined after those that run the engine.
func (r *rig) isLater(name string) bool {
	return slices.IndexFunc(r.machines, func(m *machine) bool { return m.name == name }) >= enginesMost
}

// playlist is that of the signal at a packager or a proxy.
func (r *rig) playlist(base string) (*m3u8.MediaPlaylist, error) {
	_, b, err := harness.Fetch(r.client, base+"/"+film+"/playlist.m3u8")
	if err != nil {
		return nil, err
	}
	return m3u8.ParseMedia(b)
}
