package main

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"livestream-tui/layouts"
	"livestream-tui/services"
)

var update = flag.Bool("update", false, "write README's table of settings anew")

func readme(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestReadmeHasEverySetting(t *testing.T) {
	const from, to = "<!-- settings -->\n", "<!-- end of settings -->"
	text := readme(t)
	before, rest, ok := strings.Cut(text, from)
	table, after, ok2 := strings.Cut(rest, to)
	if !ok || !ok2 {
		t.Fatalf("README.md lacks %q and %q around its table of settings", from, to)
	}
	if table == services.SettingsTable() {
		return
	}
	if *update {
		if err := os.WriteFile("README.md", []byte(before+from+services.SettingsTable()+to+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	has := strings.Split(table, "\n")
	for _, line := range strings.Split(services.SettingsTable(), "\n") {
		if !slices.Contains(has, line) {
			t.Errorf("README.md lacks %s", line)
		}
	}
	t.Error("README.md's table of settings is not that of `livestream-tui help environment`; make golden writes it")
}

func TestEveryMakeTargetOfTheReadmeIsThere(t *testing.T) {
	named := targets(t, readme(t))
	for _, always := range []string{"run", "test"} {
		if !slices.Contains(named, always) {
			t.Errorf("README.md does not name make %s", always)
		}
	}
	for _, target := range named {
		if out, err := exec.Command("make", "-n", target).CombinedOutput(); err != nil {
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
		info, err := os.Stat(m[1])
		if err != nil {
			t.Errorf("%v: make pictures makes it", err)
			continue
		}
		sum += info.Size()
	}
	if sum == 0 || sum > 300_000 {
		t.Errorf("the pictures have %d bytes together, want some, and 300000 at most", sum)
	}
}

func TestReadmeSaysWhatEachDependencyIsFor(t *testing.T) {
	b, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	text := readme(t)
	for _, m := range regexp.MustCompile(`(?m)^(?:require)?\s+(\S+\.\S+/\S+) v\S+$`).FindAllStringSubmatch(string(b), -1) {
		name := regexp.MustCompile(`^github\.com/|/v\d+$`).ReplaceAllString(m[1], "")
		given := []string{"charmbracelet/bubbletea", "charmbracelet/lipgloss", "charmbracelet/bubbles", "hashicorp/go-hclog", "gorilla/mux"}
		if !slices.Contains(given, name) && !strings.Contains(text, "| "+name+" |") {
			t.Errorf("README.md does not say what %s is for", name)
		}
	}
}
