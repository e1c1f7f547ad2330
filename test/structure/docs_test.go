package structure_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// readmeMost is how many lines README may have: it is for the first ten minutes.
const readmeMost = 200

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
