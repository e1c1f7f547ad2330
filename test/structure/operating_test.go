package structure_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/report"
	"livestream-tui/tui"
	"livestream-tui/tui/trouble"
)

// statesTable has every bad state: those in which the picture stops first, then the others.
func statesTable() string {
	var b strings.Builder
	for _, part := range []struct {
		heading string
		stops   bool
	}{{"The picture stops, or soon will", true}, {"The picture goes on", false}} {
		fmt.Fprintf(&b, "### %s\n\n| state | what it means | what it costs | what to do |\n|---|---|---|---|\n", part.heading)
		for _, s := range trouble.States() {
			if s.Stops == part.stops {
				fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", s.Name, inWords(s.Means), s.Costs, remedyInWords(s.Remedy))
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

// inWords is a text of the table of states for a document: its process is "it", and its keys
// are the ones of the keymap.
func inWords(text string) string {
	return trouble.Placed(text, "it", func(name string) string { return "`" + tui.KeyShown(name) + "`" })
}

func remedyInWords(r trouble.Remedy) string {
	if r.Key == "" {
		return inWords(r.Does)
	}
	return "`" + tui.KeyShown(r.Key) + "` " + inWords(r.Does)
}

func TestTheOperatingDocumentHasEveryState(t *testing.T) {
	const file, from, to = "docs/OPERATING.md", "<!-- states -->\n", "<!-- end of states -->"
	want := statesTable()
	if strings.Contains(want, "``") || strings.ContainsAny(want, "{}") {
		t.Errorf("the table of states names a key that is not in the keymap:\n%s", want)
	}
	holdSection(t, file, from, to, want, "what package trouble says")
}

// TestEveryAlertHasARowThatSaysWhatToDo holds the kinds of the webhooks and the rules for
// Prometheus against the table of alerts, both ways.
func TestEveryAlertHasARowThatSaysWhatToDo(t *testing.T) {
	_, section, ok := strings.Cut(read(t, "docs/OPERATING.md"), "\n## Alerts\n")
	if !ok {
		t.Fatal("docs/OPERATING.md has no section on alerts")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	there := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^\t\w+ +Kind = "(\w+)"`).FindAllStringSubmatch(read(t, "procs/webhook/alert.go"), -1) {
		there[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`(?m)^ +- alert: (\w+)$`).FindAllStringSubmatch(read(t, "packaging/prometheus/alerts.yml"), -1) {
		there[m[1]] = true
	}
	if !there["off_air"] || !there["LivestreamOffAir"] {
		t.Fatalf("found the alerts %v, want those of the webhooks and of Prometheus", there)
	}
	named := map[string]bool{}
	for line := range strings.Lines(section) {
		cells := strings.Split(line, " | ")
		if !strings.HasPrefix(line, "| ") || len(cells) != 4 {
			continue
		}
		for _, m := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(cells[0]+cells[1], -1) {
			named[m[1]] = true
			if !there[m[1]] {
				t.Errorf("docs/OPERATING.md has a row for %s, which is no alert", m[1])
			}
		}
	}
	for name := range there {
		if !named[name] {
			t.Errorf("docs/OPERATING.md has no row for the alert %s that says what to do", name)
		}
	}
}

// firstCells are the quoted words in the first cells of the table of docs/OPERATING.md whose
// first column has that heading.
func firstCells(t *testing.T, heading string) []string {
	t.Helper()
	_, table, ok := strings.Cut(read(t, "docs/OPERATING.md"), "\n| "+heading+" | ")
	if !ok {
		t.Fatalf("docs/OPERATING.md has no table of %s", heading)
	}
	table, _, _ = strings.Cut(table, "\n\n")
	var list []string
	for line := range strings.Lines(table) {
		cell, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " | ")
		for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cell, -1) {
			list = append(list, m[1])
		}
	}
	return list
}

// names are the names of the states of a type, which counts them from 0.
func names[S interface {
	~uint8
	String() string
}]() []string {
	var list []string
	for s := S(0); !strings.Contains(s.String(), "("); s++ {
		list = append(list, s.String())
	}
	return list
}

func TestTheOperatingDocumentSaysWhatEachStateMeans(t *testing.T) {
	for heading, want := range map[string][]string{
		"light": names[platform.AirState](), "process": names[platform.State](), "packager": names[report.State](),
	} {
		if got := firstCells(t, heading); !slices.Equal(sorted(got), sorted(want)) {
			t.Errorf("%s: got %q, want %q", heading, got, want)
		}
	}
}

// TestEveryMessageOfTheOperatingDocumentIsOne looks for the longest part of each message that
// has no example in it, such as a port, in the code.
func TestEveryMessageOfTheOperatingDocumentIsOne(t *testing.T) {
	var code strings.Builder
	for _, file := range goFiles(t) {
		if !isTest(file) && !strings.HasPrefix(file, "test/") {
			code.WriteString(read(t, file))
		}
	}
	example := regexp.MustCompile(`[0-9(][^ ]*`)
	messages := firstCells(t, "message")
	if len(messages) == 0 {
		t.Fatal("docs/OPERATING.md has no messages")
	}
	for _, message := range messages {
		longest := ""
		for _, part := range example.Split(message, -1) {
			if part = strings.TrimSpace(part); len(part) > len(longest) {
				longest = part
			}
		}
		if !strings.Contains(code.String(), longest) {
			t.Errorf("docs/OPERATING.md explains %q: nothing says %q", message, longest)
		}
	}
}
