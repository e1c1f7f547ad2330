package packages

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"livestream-tui/test/harness"
)

// hlsVersion is the version of hls.js that the Makefile fetches.
func hlsVersion(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(harness.Root(), "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^HLS_VERSION := (\S+)$`).FindSubmatch(b)
	if m == nil {
		t.Fatal("the Makefile names no version of hls.js")
	}
	return string(m[1])
}

// The script that stands for cyclonedx-gomod writes a document of its form to the path that
// follows -output.
const sbomTool = `#!/bin/sh
while [ "$1" != -output ]; do shift; done
cat >"$2" <<'END'
{
  "bomFormat": "CycloneDX",
  "components": [
    {
      "name": "example.org/module"
    }
  ],
  "dependencies": [
    {
      "ref": "pkg:golang/livestream-tui@v1?type=module",
      "dependsOn": [
        "pkg:golang/example.org/module@v1?type=module"
      ]
    }
  ]
}
END
`

// source is a folder with the scripts and, by path, other files of a source tree.
func source(t *testing.T, more map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for _, script := range []string{"hls-version.sh", "sbom.sh"} {
		more["packaging/"+script] = file(t, script)
	}
	more["tool"] = sbomTool
	for path, text := range more {
		path = filepath.Join(folder, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// sbomOf runs sbom.sh in a source tree.
func sbomOf(folder string) (path string, said []byte, err error) {
	path = filepath.Join(folder, "sbom.json")
	cmd := exec.Command("sh", "packaging/sbom.sh", "binary", "v1", path)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "CYCLONEDX_GOMOD=sh "+filepath.Join(folder, "tool"))
	said, err = cmd.CombinedOutput()
	return path, said, err
}

const (
	hlsBuilt   = "services/proxy/page/files/hls.min.js"
	hlsFile    = "node_modules/hls.js/dist/hls.min.js"
	hlsPackage = "node_modules/hls.js/package.json"
	hlsLicence = "node_modules/hls.js/LICENSE"
)

func TestTheSBOMHasHLSWhereItIsBuiltIn(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"built in":     {map[string]string{hlsBuilt: "x", hlsFile: "x", hlsLicence: "Apache", hlsPackage: "{\n  \"version\": \"1.2.3\"\n}\n"}, "1.2.3"},
		"not built in": {map[string]string{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			path, said, err := sbomOf(source(t, c.files))
			if err != nil || len(said) > 0 {
				t.Fatalf("got %v and %s", err, said)
			}
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var sbom struct {
				Components []struct {
					Name, Version, PURL string
					Licenses            []struct{ License struct{ ID string } }
				}
				Dependencies []struct{ DependsOn []string }
			}
			if err := json.Unmarshal(b, &sbom); err != nil {
				t.Fatalf("%v\n%s", err, b)
			}
			first := sbom.Components[0]
			if c.want == "" {
				if len(sbom.Components) != 1 || len(sbom.Dependencies[0].DependsOn) != 1 {
					t.Errorf("got %+v, want no hls.js", sbom)
				}
				return
			}
			if first.Name != "hls.js" || first.Version != c.want || first.PURL != "pkg:npm/hls.js@"+c.want || len(first.Licenses) != 1 || first.Licenses[0].License.ID != "Apache-2.0" {
				t.Errorf("got %+v, want hls.js %s of Apache-2.0", first, c.want)
			}
			if got := sbom.Dependencies[0].DependsOn; len(got) != 2 || got[0] != first.PURL {
				t.Errorf("got the dependencies %v, want hls.js among them", got)
			}
		})
	}
}

func TestAnHLSOfUnknownOriginIsNotPublished(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"another file than the package has": {hlsBuilt: "old", hlsFile: "new", hlsLicence: "Apache", hlsPackage: "{}"},
		"without its licence":               {hlsBuilt: "x", hlsFile: "x", hlsPackage: "{}"},
		"without its package":               {hlsBuilt: "x"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, said, err := sbomOf(source(t, files)); err == nil || !strings.Contains(string(said), "make clean page") {
				t.Errorf("got %v and %s, want an error that says what to do", err, said)
			}
		})
	}
}

func TestAnSBOMOfAnotherFormIsAnError(t *testing.T) {
	folder := source(t, map[string]string{hlsBuilt: "x", hlsFile: "x", hlsLicence: "Apache", hlsPackage: "{}"})
	if err := os.WriteFile(filepath.Join(folder, hlsPackage), []byte(`"version": "1.2.3"`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "tool"), []byte("while [ $1 != -output ]; do shift; done; echo {} >$2"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, said, err := sbomOf(folder); err == nil || !strings.Contains(string(said), "another form") {
		t.Errorf("got %v and %s", err, said)
	}
}
