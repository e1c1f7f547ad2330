package structure_test

import (
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// onTheWay are the services that players wait for.
var onTheWay = []string{"services/proxy", "services/packager"}

// forgetful is what they may have of a cluster: nothing of it waits for an agreement.
var forgetful = []string{"services/cluster", "services/cluster/bus"}

// TestNothingThatPlayersWaitForWritesToTheStore holds that a proxy and a packager cannot even
// import the Store's writing side, nor what imports it: a write may take ten seconds at any
// time.
func TestNothingThatPlayersWaitForWritesToTheStore(t *testing.T) {
	imports := importsOf(t)
	if !slices.Contains(imports["services/reporter"], "services/cluster/store") {
		t.Fatal("services/reporter does not import services/cluster/store, want it to: this test would find nothing")
	}
	for pkg := range imports {
		if !slices.ContainsFunc(onTheWay, func(s string) bool { return pkg == s || strings.HasPrefix(pkg, s+"/") }) {
			continue
		}
		for _, way := range ways(imports, pkg) {
			last := way[len(way)-1]
			if (last == "services/cluster" || strings.HasPrefix(last, "services/cluster/")) && !slices.Contains(forgetful, last) {
				t.Errorf("%s: players wait for it, and a write to the Store may take ten seconds; it may have %s alone", strings.Join(way, " imports "), strings.Join(forgetful, " and "))
			}
		}
	}
}

// importsOf returns what each of our packages imports of ours, but for its tests.
func importsOf(t *testing.T) map[string][]string {
	t.Helper()
	imports := map[string][]string{}
	for _, file := range goFiles(t) {
		if isTest(file) {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root(t), file), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, imp := range parsed.Imports {
			name, err := strconv.Unquote(imp.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if target, ours := strings.CutPrefix(name, module+"/"); ours {
				imports[path.Dir(file)] = append(imports[path.Dir(file)], target)
			}
		}
	}
	return imports
}

// ways returns a way from a package to each that it imports, directly or not.
func ways(imports map[string][]string, from string) [][]string {
	var list [][]string
	seen := map[string]bool{from: true}
	for open := [][]string{{from}}; len(open) > 0; open = open[1:] {
		way := open[0]
		for _, next := range imports[way[len(way)-1]] {
			if !seen[next] {
				seen[next] = true
				longer := append(slices.Clone(way), next)
				list, open = append(list, longer), append(open, longer)
			}
		}
	}
	return list
}
