package packages

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/test/harness"
)

// kind is how one kind of package is installed and removed.
type kind struct {
	file                     string // pattern
	install, upgrade, remove []string
	purge                    []string // nil where removing is all there is
}

func kinds() map[string]kind {
	rpm := []string{"rpm", "--force-debian", "--nodeps", "--nosignature"}
	return map[string]kind{
		"deb": {"*.deb", []string{"dpkg", "-i"}, []string{"dpkg", "-i"}, []string{"dpkg", "-r", "livestream-tui"}, []string{"dpkg", "-P", "livestream-tui"}},
		"rpm": {"*.rpm", append(slices.Clone(rpm), "-i"), append(slices.Clone(rpm), "-U"), append(slices.Clone(rpm), "-e", "livestream-tui"), nil},
	}
}

// installed is a package that is installed, with a platform of it that runs as the service
// would.
type installed struct {
	*machine
	proxy  string // base URL
	ended  chan error
	output harness.Buffer
}

// start starts what the unit starts.
func (m *machine) start(settings map[string]string) *installed {
	m.Helper()
	var lines strings.Builder
	for name, value := range settings {
		fmt.Fprintf(&lines, "%s=%q\n", name, value)
	}
	m.write(strings.NewReader(lines.String()), "/etc/livestream-tui/environment")
	p := &installed{machine: m, proxy: "http://127.0.0.1:" + settings["PROXY_PORT"], ended: make(chan error, 1)}
	cmd := m.command("livestream-tui-service", "--headless")
	cmd.Stdout, cmd.Stderr = &p.output, &p.output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		m.Fatal(err)
	}
	go func() { p.ended <- cmd.Wait() }()
	m.Cleanup(func() {
		if m.Failed() {
			m.Logf("the platform said:\n%s", p.output.String())
		}
	})
	return p
}

// snapshot is what ctl status says.
func (p *installed) snapshot() (platform.Snapshot, error) {
	var s platform.Snapshot
	out, err := p.try("livestream-tui-service", "ctl", "status", "--json")
	if err != nil {
		return s, fmt.Errorf("%w: %s", err, out)
	}
	return s, json.Unmarshal([]byte(out), &s)
}

func (p *installed) awaitOnAir() platform.Snapshot {
	p.Helper()
	var s platform.Snapshot
	harness.Await(p.T, 3*time.Minute, "on air", func() error {
		var err error
		if s, err = p.snapshot(); err == nil && s.OnAir.State != platform.AirOn {
			err = fmt.Errorf("it is %s: %s", s.OnAir.State, s.OnAir.Reason)
		}
		return err
	})
	return s
}

// TestAPackageIsInstalledUpgradedUnderPlayersAndRemoved is the life of a package on a
// machine without systemd.
func TestAPackageIsInstalledUpgradedUnderPlayersAndRemoved(t *testing.T) {
	gated(t)
	for name, kind := range kinds() {
		t.Run(name, func(t *testing.T) {
			if _, err := exec.LookPath(kind.install[0]); err != nil {
				t.Skipf("no %s here", kind.install[0])
			}
			life(t, kind)
		})
	}
}

func life(t *testing.T, kind kind) {
	m := newMachine(t)
	before := m.left()
	for i, version := range []string{first, second} {
		m.put(one(t, built(t, version), kind.file), fmt.Sprintf("/tmp/%d", i))
	}
	m.run(append(kind.install, "/tmp/0")...)
	if got := m.run("livestream-tui", "version"); !strings.Contains(got, first) {
		t.Errorf("got %s, want %s", got, first)
	}
	for _, path := range []string{"/usr/share/man/man1/livestream-tui.1.gz", "/usr/share/bash-completion/completions/livestream-tui", "/usr/lib/systemd/system/livestream-tui.service", "/etc/livestream-tui/environment"} {
		m.run("test", "-s", path)
	}
	m.run("sh", "-c", "! grep -v -e '^#' -e '^$' /etc/livestream-tui/environment")

	settings := map[string]string{"PROXY_ADMIN": "public"}
	harness.SetPorts(t, settings, "SERVER_ONE_PORT", "SERVER_TWO_PORT", "REPORTER_PORT", "ORIGIN_PORT", "PROXY_PORT")
	const film = "/var/lib/livestream-tui/input/live01.mp4"
	m.put(harness.Film(t), film)
	p := m.start(settings)
	ran := p.awaitOnAir()

	players := harness.Gather(t, p.proxy+"/live01/playlist.m3u8", 5, nil)
	// Package managers give the scripts a terminal, which answers nothing.
	if said := m.run("env", "TERM=xterm", "script", "--quiet", "--return", "--command", strings.Join(append(kind.upgrade, "/tmp/1"), " "), "/dev/null"); strings.Contains(said, "\x1b") {
		t.Errorf("the upgrade asks the terminal: %q", said)
	}
	harness.WantClean(t, players.Leave())
	now := p.awaitOnAir()
	if now.PID != ran.PID || now.Upgrade == nil || now.Upgrade.Error != "" || !strings.Contains(now.Upgrade.Version, second) || now.Upgrade.Done != len(now.Processes) {
		t.Errorf("after the upgrade: got pid %d of %d and %+v, want the same supervisor with %d processes of %s", now.PID, ran.PID, now.Upgrade, len(now.Processes), second)
	}
	for i, process := range now.Processes {
		if process.PID == ran.Processes[i].PID {
			t.Errorf("%s is pid %d still", process.Name, process.PID)
		}
	}
	m.run("grep", "PROXY_PORT=\""+settings["PROXY_PORT"]+"\"", "/etc/livestream-tui/environment") // the operator's changes stay

	m.run(kind.remove...)
	select {
	case err := <-p.ended:
		if err != nil {
			t.Errorf("the platform ended with %v, want a clean stop", err)
		}
	case <-time.After(time.Minute):
		t.Error("the platform runs on after the removal")
	}
	if kind.purge == nil {
		m.run("sh", "-c", "! command -v livestream-tui")
		return
	}
	m.run("test", "-e", "/etc/livestream-tui/environment")
	m.run(kind.purge...)
	m.run("test", "-e", film) // it is not ours
	m.run("rm", film)
	m.run(append(kind.install, "/tmp/1")...)
	m.run(kind.purge...)
	if got := m.left(); !slices.Equal(got, before) {
		t.Errorf("a purge leaves %v, want %v", got, before)
	}
	if out, err := m.try("getent", "passwd", "livestream-tui"); err == nil {
		t.Errorf("a purge leaves the user %s", out)
	}
}
