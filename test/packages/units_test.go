package packages

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"livestream-tui/layouts"
	"livestream-tui/services"
	"livestream-tui/test/harness"
)

// values are those of a key in a unit, in order.
func values(unit, key string) []string {
	var list []string
	for _, m := range regexp.MustCompile(`(?m)^`+key+`=(.*)$`).FindAllStringSubmatch(unit, -1) {
		list = append(list, m[1])
	}
	return list
}

// files are the names of the files in packaging with a pattern.
func files(t *testing.T, pattern string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(harness.Root(), "packaging", pattern))
	if err != nil || len(list) == 0 {
		t.Fatalf("%s: got %v, %v", pattern, list, err)
	}
	for i := range list {
		list[i] = filepath.Base(list[i])
	}
	return list
}

func TestEachHeldSocketHasItsUnit(t *testing.T) {
	layout, err := layouts.Load(layouts.Default)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for _, p := range layout.Processes {
		if p.PortHeld {
			want[p.Name] = strconv.Itoa(p.PortDefault)
		}
	}
	for _, name := range files(t, "*.socket") {
		unit := file(t, name)
		process := strings.Join(values(unit, "FileDescriptorName"), " ")
		port, held := want[process]
		delete(want, process)
		if !held || name != "livestream-tui-"+process+".socket" {
			t.Errorf("%s passes a socket to %q, which is no process with a held port, or not the one that it is named for", name, process)
		}
		for _, at := range values(unit, "ListenStream") {
			if !strings.HasSuffix(at, ":"+port) {
				t.Errorf("%s listens on %s, want port %s, the default of %s", name, at, port, process)
			}
		}
		if got := values(unit, "Service"); !slices.Equal(got, []string{"livestream-tui.service"}) {
			t.Errorf("%s starts %v", name, got)
		}
		for _, script := range []string{"deb/prerm", "rpm/preun", "nfpm.yaml", "livestream-tui-service.8"} {
			if !strings.Contains(strings.ReplaceAll(file(t, script), `\-`, "-"), name) {
				t.Errorf("%s lacks %s", script, name)
			}
		}
	}
	for process := range want {
		t.Errorf("there is no unit for the socket of %s", process)
	}
}

// TestTheUnitsAreWellFormed asks systemd, where it is installed; it need not run.
func TestTheUnitsAreWellFormed(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("no systemd-analyze here: it is in the package systemd")
	}
	folder := t.TempDir()
	var units []string
	for _, name := range append(files(t, "*.service"), files(t, "*.socket")...) {
		path := filepath.Join(folder, name)
		// The program is not installed here.
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(file(t, name), "/usr/bin/livestream-tui", "/bin/true")), 0o600); err != nil {
			t.Fatal(err)
		}
		units = append(units, path)
	}
	// A drop-in is read with the unit that it belongs to.
	dropIns := filepath.Join(folder, "livestream-tui.service.d")
	if err := os.Mkdir(dropIns, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range files(t, "*.conf") {
		if err := os.WriteFile(filepath.Join(dropIns, name), []byte(file(t, name)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command(analyze, append([]string{"verify", "--man=no"}, units...)...).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	// Of 10, which is no protection at all.
	const most = 13 // tenths
	out, err := exec.Command(analyze, "security", "--offline=yes", "--no-pager", fmt.Sprintf("--threshold=%d", most), filepath.Join(folder, "livestream-tui.service")).CombinedOutput()
	if strings.Contains(string(out), "unrecognized option") {
		t.Skip("systemd-analyze is older than 250")
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	t.Log(lines[len(lines)-1])
	if err != nil {
		t.Errorf("systemd-analyze security: %v\n%s", err, out)
	}
}

func TestThePackagesHaveTheDropIns(t *testing.T) {
	config := file(t, "nfpm.yaml")
	for _, name := range files(t, "*.conf") {
		if !strings.Contains(config, "{src: "+name+", dst: /usr/share/livestream-tui/systemd/"+name+",") || !strings.Contains(file(t, "build.sh"), "packaging/"+name) {
			t.Errorf("the packages lack %s", name)
		}
		if !strings.Contains(strings.ReplaceAll(file(t, "livestream-tui-service.8"), `\-`, "-"), "/usr/share/livestream-tui/systemd/"+name) {
			t.Errorf("the manual page does not say where %s is", name)
		}
	}
}

func TestTheServiceHasTheFoldersOfItsSettings(t *testing.T) {
	unit := file(t, "livestream-tui.service")
	known := append(services.SettingNames(), "HOME")
	env := map[string]string{}
	for line := range strings.Lines(file(t, "service.env")) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if strings.HasPrefix(line, "#") {
			continue
		}
		if !ok || !slices.Contains(known, name) {
			t.Errorf("service.env: %s is no setting", name)
		}
		env[name] = value
	}
	for setting, directory := range map[string]string{"RUN_PATH": "/run/" + values(unit, "RuntimeDirectory")[0],
		"STATE_PATH": "/var/lib/" + values(unit, "StateDirectory")[0], "CACHE_PATH": "/var/cache/" + values(unit, "CacheDirectory")[0]} {
		if env[setting] != directory {
			t.Errorf("%s: got %s, want %s, which the unit makes", setting, env[setting], directory)
		}
	}
	for _, setting := range []string{"INPUT_STREAM_PATH", "OUTPUT_STREAM_PATH"} {
		if !strings.HasPrefix(env[setting], env["STATE_PATH"]+"/") {
			t.Errorf("%s: got %s, want a folder below %s, where the service may write", setting, env[setting], env["STATE_PATH"])
		}
	}
}

func TestTheScriptsAreShell(t *testing.T) {
	for _, name := range []string{"build.sh", "copyright.sh", "hls-version.sh", "sbom.sh", "third-party.sh", "livestream-tui-service",
		"deb/postinst", "deb/prerm", "deb/postrm", "rpm/post", "rpm/preun", "rpm/postun"} {
		if out, err := exec.Command("sh", "-n", filepath.Join(harness.Root(), "packaging", name)).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}
