package structure_test

import (
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// packagesOf are the packages that a variable of the Makefile names, without the leading ./.
func packagesOf(t *testing.T, variable string) []string {
	t.Helper()
	text := strings.ReplaceAll(read(t, "Makefile"), "\\\n", " ")
	m := regexp.MustCompile(`(?m)^` + variable + `\s*:=(.*)$`).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("the Makefile has no %s", variable)
	}
	list := strings.Fields(m[1])
	if len(list) == 0 {
		t.Fatalf("%s of the Makefile names nothing", variable)
	}
	for i, p := range list {
		list[i] = strings.TrimPrefix(p, "./")
	}
	return list
}

// Tests that do less with the race detector, or nothing, are made up for without it.
func TestWhatSkipsItselfWithTheRaceDetectorRunsWithoutIt(t *testing.T) {
	without := append(packagesOf(t, "TOO_SLOW_WITH_RACE"), packagesOf(t, "ONE_GOROUTINE")...)
	found := 0
	for _, file := range goFiles(t) {
		text := read(t, file)
		if pkg := path.Dir(file); isTest(file) && (strings.HasPrefix(text, "//go:build !race\n") || strings.Contains(text, `"livestream-tui/services/proxy/fakenet"`)) {
			found++
			if !slices.Contains(without, pkg) {
				t.Errorf("%s tests more without the race detector: TOO_SLOW_WITH_RACE of the Makefile lacks ./%s", file, pkg)
			}
		}
	}
	if found == 0 {
		t.Error("no file is found that tests more without the race detector")
	}
}

// What never meets the race detector has no second goroutine. The tests of this package only
// read files.
func TestWhatRunsOnlyWithoutTheRaceDetectorHasOneGoroutine(t *testing.T) {
	alone := packagesOf(t, "ONE_GOROUTINE")
	seen := map[string]bool{}
	for _, file := range goFiles(t) {
		pkg := path.Dir(file)
		if !slices.Contains(alone, pkg) || pkg == "test/structure" {
			continue
		}
		seen[pkg] = true
		set := token.NewFileSet()
		parsed := parse(t, set, file)
		for _, i := range parsed.Imports {
			if p, _ := strconv.Unquote(i.Path.Value); p == "sync" || strings.HasPrefix(p, "sync/") || strings.HasSuffix(p, "/errgroup") {
				t.Errorf("%s imports %s: take %s out of ONE_GOROUTINE", file, p, pkg)
			}
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				t.Errorf("%s starts a goroutine: take %s out of ONE_GOROUTINE", set.Position(n.Pos()), pkg)
			case *ast.SelectorExpr:
				if n.Sel.Name == "Parallel" {
					t.Errorf("%s runs in parallel: take %s out of ONE_GOROUTINE", set.Position(n.Pos()), pkg)
				}
			}
			return true
		})
	}
	for _, pkg := range alone {
		if !seen[pkg] && pkg != "test/structure" {
			t.Errorf("ONE_GOROUTINE of the Makefile names %s, which is not there", pkg)
		}
	}
}
