package structure_test

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"livestream-tui/layouts"
	"livestream-tui/services"
)

var update = flag.Bool("update", false, "write anew the parts of documents that are made from the code")

func readme(t *testing.T) string {
	t.Helper()
	return read(t, "README.md")
}

func TestTheSettingsDocumentHasEverySetting(t *testing.T) {
	const file, from, to = "docs/SETTINGS.md", "<!-- settings -->\n", "<!-- end of settings -->"
	holdSection(t, file, from, to, services.SettingsTable(), "what `livestream-tui help environment` says")
}

func TestEveryMakeTargetOfTheReadmeIsThere(t *testing.T) {
	named := targets(t, readme(t)+read(t, "CONTRIBUTING.md"))
	for _, always := range []string{"run", "test"} {
		if !slices.Contains(named, always) {
			t.Errorf("README.md does not name make %s", always)
		}
	}
	for _, target := range named {
		cmd := exec.Command("make", "-n", target)
		cmd.Dir = root(t)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("make %s: %v\n%s", target, err, bytes.TrimSpace(out))
		}
	}
}

// targets are what follows `make` in text; run-local-SERVICE stands for one of
// each service.
func targets(t *testing.T, text string) []string {
	t.Helper()
	var list []string
	for _, m := range regexp.MustCompile("(?m)(?:^ *|`)make ([a-z0-9-]+(?:SERVICE)?)").FindAllStringSubmatch(text, -1) {
		prefix, each := strings.CutSuffix(m[1], "SERVICE")
		if !each {
			list = append(list, m[1])
			continue
		}
		layout, err := layouts.Load(layouts.Default)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range layout.Processes {
			list = append(list, prefix+p.Name)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func TestEveryPictureOfTheReadmeIsThereAndSmall(t *testing.T) {
	sum := int64(0)
	for _, m := range regexp.MustCompile(`\]\((docs/[^)]+)\)`).FindAllStringSubmatch(readme(t), -1) {
		if filepath.Ext(m[1]) == ".md" {
			continue
		}
		info, err := os.Stat(filepath.Join(root(t), m[1]))
		if err != nil {
			t.Errorf("%v: make pictures makes it", err)
			continue
		}
		sum += info.Size()
	}
	if sum == 0 || sum > 550_000 {
		t.Errorf("the pictures have %d bytes together, want some, and 550000 at most", sum)
	}
}

func TestContributingSaysWhatEachDependencyIsFor(t *testing.T) {
	text := read(t, "CONTRIBUTING.md")
	for _, m := range regexp.MustCompile(`(?m)^(?:require)?\s+(\S+\.\S+/\S+) v\S+$`).FindAllStringSubmatch(read(t, "go.mod"), -1) {
		name := regexp.MustCompile(`^github\.com/|/v\d+$`).ReplaceAllString(m[1], "")
		given := []string{"charmbracelet/bubbletea", "charmbracelet/lipgloss", "charmbracelet/bubbles", "hashicorp/go-hclog", "gorilla/mux"}
		if !slices.Contains(given, name) && !strings.Contains(text, "| "+name+" |") {
			t.Errorf("CONTRIBUTING.md does not say what %s is for", name)
		}
	}
}
