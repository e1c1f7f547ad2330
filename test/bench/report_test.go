package bench

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"livestream-tui/test/harness"
)

// The report is in the module's root and is not committed.
var (
	benchJSON     = filepath.Join(harness.Root(), "bench.json")
	benchMarkdown = filepath.Join(harness.Root(), "bench.md")
)

// section is one part of the report of `make bench`.
type section struct {
	Title    string `json:"title"`
	Markdown string `json:"markdown"`
	Data     any    `json:"data"`
}

// addToReport puts a section into the report as JSON, where it replaces the section of the
// same title, and writes the Markdown again from all sections. Sections of earlier runs
// stay. It logs the section too.
func addToReport(t *testing.T, title, markdown string, data any) {
	t.Helper()
	t.Logf("%s\n\n%s", title, markdown)
	added := section{title, strings.TrimSpace(markdown), data}
	report := readReport(t)
	if i := slices.IndexFunc(report, func(s section) bool { return s.Title == title }); i >= 0 {
		report[i] = added
	} else {
		report = append(report, added)
	}
	var text strings.Builder
	text.WriteString("# Benchmarks\n\n`make bench` writes this file.\n")
	for _, s := range report {
		fmt.Fprintf(&text, "\n## %s\n\n%s\n", s.Title, s.Markdown)
	}
	b, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(benchJSON, append(b, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(benchMarkdown, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// readReport reads the JSON of the report; a file in another form counts as empty.
func readReport(t *testing.T) []section {
	t.Helper()
	b, err := os.ReadFile(benchJSON)
	if err != nil {
		if !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return nil
	}
	var report []section
	if err := json.Unmarshal(b, &report); err != nil {
		t.Logf("%s is begun anew: %v", benchJSON, err)
		return nil
	}
	return slices.DeleteFunc(report, func(s section) bool { return s.Title == "" })
}
