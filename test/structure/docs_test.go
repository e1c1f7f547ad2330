package structure_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"livestream-tui/procs/drill/fault"
)

// readmeMost is how many lines README may have: it is for the first ten minutes.
const readmeMost = 175

// documents are the texts for people, as paths from the module's root.
func documents(t *testing.T) []string {
	t.Helper()
	list := []string{"README.md", "CONTRIBUTING.md"}
	found, err := filepath.Glob(filepath.Join(root(t), "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range found {
		list = append(list, "docs/"+filepath.Base(file))
	}
	return list
}

func TestReadmeIsForTheFirstTenMinutes(t *testing.T) {
	if got := strings.Count(readme(t), "\n"); got > readmeMost {
		t.Errorf("README.md: got %d lines, want %d at most: what is longer stands in docs", got, readmeMost)
	}
}

func TestEveryLinkOfADocumentLeadsSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^):#]+)\)`)
	for _, file := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(read(t, file), -1) {
			if _, err := os.Stat(filepath.Join(root(t), path.Dir(file), m[1])); err != nil {
				t.Errorf("%s links to what is not there: %v", file, err)
			}
		}
	}
}

// TestEveryLinkIntoADocumentLeadsToAHeading holds what follows a #, which is a heading in
// lower case, with - for blanks and without other signs.
func TestEveryLinkIntoADocumentLeadsToAHeading(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^):#]*)#([^)]+)\)`)
	heading := regexp.MustCompile(`(?m)^#+ (.+)$`)
	for _, file := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(read(t, file), -1) {
			target := file
			if m[1] != "" {
				target = path.Join(path.Dir(file), m[1])
			}
			found := false
			for _, h := range heading.FindAllStringSubmatch(read(t, target), -1) {
				anchor := regexp.MustCompile(`[^a-z0-9 _-]`).ReplaceAllString(strings.ToLower(h[1]), "")
				found = found || strings.ReplaceAll(anchor, " ", "-") == m[2]
			}
			if !found {
				t.Errorf("%s links to %s#%s, which is no heading there", file, target, m[2])
			}
		}
	}
}

func TestEveryTestThatADocumentNamesIsThere(t *testing.T) {
	there := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)
	for _, file := range goFiles(t) {
		if !isTest(file) {
			continue
		}
		for _, m := range declared.FindAllStringSubmatch(read(t, file), -1) {
			there[m[1]] = true
		}
	}
	named := regexp.MustCompile(`\b(?:Test|Fuzz|Benchmark)[A-Z]\w+`)
	for _, file := range documents(t) {
		for _, name := range named.FindAllString(read(t, file), -1) {
			if !there[name] {
				t.Errorf("%s names %s, which is no test", file, name)
			}
		}
	}
}

// TestEveryPackageIsInTheArchitecture holds the tables of rooms. A row may name several:
// those after the first without their common folder.
func TestEveryPackageIsInTheArchitecture(t *testing.T) {
	listed := map[string]bool{}
	quoted := regexp.MustCompile("`([^`]+)`")
	for line := range strings.Lines(read(t, "docs/ARCHITECTURE.md")) {
		cells := strings.Split(line, "|")
		if len(cells) < 3 {
			continue
		}
		dir := ""
		for _, m := range quoted.FindAllStringSubmatch(cells[1], -1) {
			pkg := path.Join(dir, m[1])
			listed[pkg] = true
			if dir == "" {
				dir = path.Dir(pkg)
			}
		}
	}
	there := map[string]bool{"main.go": true}
	for _, file := range goFiles(t) {
		pkg := path.Dir(file)
		there[pkg] = true
		forTests := strings.HasSuffix(pkg, "test") || path.Base(pkg) == "fakenet"
		if pkg != "." && !forTests && !strings.Contains(pkg, "testdata") && !listed[pkg] {
			t.Errorf("docs/ARCHITECTURE.md lacks the package %s", pkg)
			listed[pkg] = true // once
		}
	}
	for pkg := range listed {
		if !there[pkg] {
			t.Errorf("docs/ARCHITECTURE.md names %s, which is no package", pkg)
		}
	}
}

// TestEveryFaultHasItsCase holds that docs/FAILURES.md has the case that a fault proves,
// and names the drill there or anywhere else.
func TestEveryFaultHasItsCase(t *testing.T) {
	text := read(t, "docs/FAILURES.md")
	for _, f := range fault.All() {
		if !strings.Contains(text, "\n### "+f.Proves+"\n") {
			t.Errorf("docs/FAILURES.md has no case %q, which %s proves", f.Proves, f.Name)
		}
		if !strings.Contains(text, "`"+f.Name+"`") {
			t.Errorf("docs/FAILURES.md does not name the drill %s", f.Name)
		}
	}
}
