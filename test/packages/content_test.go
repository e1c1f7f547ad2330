package packages

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"livestream-tui/services/proxy/page"
)

func TestTheSameSourceGivesTheSameBytes(t *testing.T) {
	gated(t)
	out := built(t, first)
	if runtime.GOOS == "linux" {
		cmd := exec.Command("sha256sum", "--check", "--strict", "SHA256SUMS")
		cmd.Dir = out
		if said, err := cmd.CombinedOutput(); err != nil || strings.Count(string(said), ": OK\n") != 4 {
			t.Errorf("sha256sum: %v\n%s\nwant the binary, its SBOM and two packages", err, said)
		}
	}
	again, err := build(first, "again")
	defer os.RemoveAll(again)
	if err != nil {
		t.Fatal(err)
	}
	var sums []string
	for _, folder := range []string{out, again} {
		b, err := os.ReadFile(filepath.Join(folder, "SHA256SUMS"))
		if err != nil {
			t.Fatal(err)
		}
		sums = append(sums, string(b))
	}
	if sums[0] != sums[1] {
		t.Errorf("got\n%sand then\n%s", sums[0], sums[1])
	}
}

func TestTheBinaryIsStaticAndItsSBOMNamesItsModules(t *testing.T) {
	gated(t)
	out := built(t, first)
	if said, err := exec.Command("ldd", one(t, out, "livestream-tui-*-"+runtime.GOARCH)).CombinedOutput(); err == nil {
		t.Errorf("ldd: got %s, want no dynamic executable", said)
	}
	b, err := os.ReadFile(one(t, out, "*.cdx.json"))
	if err != nil {
		t.Fatal(err)
	}
	var sbom struct {
		Metadata struct {
			Component struct{ Name, Version string }
		}
		Components []struct{ Name, Version string }
	}
	if err := json.Unmarshal(b, &sbom); err != nil {
		t.Fatal(err)
	}
	if c := sbom.Metadata.Component; c.Name != "livestream-tui" || c.Version != first {
		t.Errorf("got an SBOM of %+v, want one of livestream-tui %s", c, first)
	}
	versions := map[string]string{}
	for _, c := range sbom.Components {
		versions[c.Name] = c.Version
	}
	for _, name := range []string{"github.com/spf13/cobra", "std"} {
		if versions[name] == "" {
			t.Errorf("got %d components without %s", len(sbom.Components), name)
		}
	}
	if page.HasHLS() && versions["hls.js"] != hlsVersion(t) {
		t.Errorf("hls.js: got %q, want %s", versions["hls.js"], hlsVersion(t))
	}
}

// TestLintianFindsNoError asks Debian's own checks.
func TestLintianFindsNoError(t *testing.T) {
	gated(t)
	lintian, err := exec.LookPath("lintian")
	if err != nil {
		t.Skip("no lintian here: make dist-test installs it")
	}
	out, err := exec.Command(lintian, "--fail-on", "error,warning", "--info", one(t, built(t, first), "*.deb")).CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Errorf("lintian: %v", err)
	}
}

// TestTheRPMHasWhatTheDebHas compares the two.
func TestTheRPMHasWhatTheDebHas(t *testing.T) {
	gated(t)
	list := func(name string, args ...string) map[string]bool {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("no %s here", name)
		}
		out, err := exec.Command(name, args...).Output()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		has := map[string]bool{}
		for line := range strings.Lines(string(out)) {
			words := strings.Fields(line)
			path := strings.TrimPrefix(words[len(words)-1], ".")
			path = strings.ReplaceAll(path, "/zsh/vendor-completions/", "/zsh/site-functions/")
			if !strings.HasSuffix(path, "/") && !strings.Contains(path, "/lintian/") && !strings.HasSuffix(path, "/changelog.gz") {
				has[path] = true
			}
		}
		return has
	}
	folder := built(t, first)
	deb, rpm := list("dpkg-deb", "-c", one(t, folder, "*.deb")), list("rpm", "-qpl", one(t, folder, "*.rpm"))
	for path := range deb {
		if !rpm[path] {
			t.Errorf("the RPM lacks %s", path)
		}
	}
	if len(rpm) != len(deb) {
		t.Errorf("the RPM has %d files, the deb %d", len(rpm), len(deb))
	}
}
