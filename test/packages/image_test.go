package packages

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"livestream-tui/services"
	"livestream-tui/test/harness"
)

// atRoot is the text of a file at the root of the source.
func atRoot(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(harness.Root(), name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTheImageIsSafeAndChecked(t *testing.T) {
	docker := strings.ReplaceAll(atRoot(t, "Dockerfile"), "\\\n", " ")
	_, last, _ := strings.Cut(docker, "\nFROM debian")
	for what, pattern := range map[string]string{
		"a user that is not root":    `(?m)^USER [1-9]\d*:[1-9]\d*$`,
		"a health check":             `(?m)^HEALTHCHECK .*--start-period=\S+ .*CMD \["livestream-tui", "healthy"\]$`,
		"the licences":               `(?m)^COPY --from=build /doc /usr/share/doc/livestream-tui$`,
		"signals reach the program":  `(?m)^ENTRYPOINT \["livestream-tui"\]$`,
		"an address that others see": `(?m)^ENV .*\bBIND_ADDRESS=0\.0\.0\.0\b`,
	} {
		if !regexp.MustCompile(pattern).MatchString(last) {
			t.Errorf("the image lacks %s: %s", what, pattern)
		}
	}
	known := append(services.SettingNames(), "HOME")
	for _, line := range regexp.MustCompile(`(?m)^ENV (.*)$`).FindAllStringSubmatch(last, -1) {
		for _, pair := range strings.Fields(line[1]) {
			if name, _, _ := strings.Cut(pair, "="); !slices.Contains(known, name) {
				t.Errorf("ENV %s is no setting", name)
			}
		}
	}
	for _, script := range []string{"third-party.sh", "copyright.sh"} {
		if !strings.Contains(docker, "sh packaging/"+script) {
			t.Errorf("the image is built without %s", script)
		}
	}
}

// TestTheContextOfTheImageHasTheLicenceOfHLSAndNoSecrets holds what .dockerignore lets in: of
// node_modules only what is built in, and its licence; and no token of a cluster.
func TestTheContextOfTheImageHasTheLicenceOfHLSAndNoSecrets(t *testing.T) {
	lines := strings.Fields(atRoot(t, ".dockerignore"))
	for _, want := range []string{".env", "packaging/kubernetes", "dist", "node_modules/*", "!node_modules/hls.js", "!node_modules/hls.js/dist/hls.min.js"} {
		if !slices.Contains(lines, want) {
			t.Errorf(".dockerignore lacks %s", want)
		}
	}
}

// TestEveryComposeTakesTheFiles holds that no Compose file has a key that Compose 1.29, which
// distributions still have, refuses.
func TestEveryComposeTakesTheFiles(t *testing.T) {
	for _, name := range []string{"compose.yaml", "compose.cluster.yaml"} {
		var top map[string]any
		if err := yaml.Unmarshal([]byte(atRoot(t, name)), &top); err != nil {
			t.Fatal(err)
		}
		for key := range top {
			if !slices.Contains([]string{"services", "volumes", "networks"}, key) && !strings.HasPrefix(key, "x-") {
				t.Errorf("%s: Compose 1.29 refuses the key %s", name, key)
			}
		}
	}
}

func TestThePackagesHaveWhatPrometheusReads(t *testing.T) {
	config := file(t, "nfpm.yaml")
	for _, name := range files(t, "prometheus/*") {
		if !strings.Contains(config, "{src: prometheus/"+name+", dst: /usr/share/livestream-tui/prometheus/"+name+",") {
			t.Errorf("the packages lack %s", name)
		}
	}
}
