package structure_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// How large things may be. A package over its limit is right where its doc gives the
// reason, which begins with reasoned.
const (
	linesOfFile    = 400
	linesOfFunc    = 80
	filesOfPackage = 15
	reasoned       = "more than 15 files"
)

func TestNoFileIsTooLong(t *testing.T) {
	for _, file := range goFiles(t) {
		if n := strings.Count(read(t, file), "\n"); n > linesOfFile {
			t.Errorf("%s has %d lines, want %d at most", file, n, linesOfFile)
		}
	}
}

func TestNoFunctionIsTooLong(t *testing.T) {
	for _, file := range goFiles(t) {
		set := token.NewFileSet()
		for _, d := range parse(t, set, file).Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			from, to := set.Position(f.Pos()).Line, set.Position(f.End()).Line
			if n := to - from + 1; n > linesOfFunc {
				t.Errorf("%s:%d: %s has %d lines, want %d at most", file, from, f.Name.Name, n, linesOfFunc)
			}
		}
	}
}

func TestNoPackageHasTooManyFilesWithoutAReason(t *testing.T) {
	count := map[string]int{}
	for _, file := range goFiles(t) {
		if !isTest(file) {
			count[path.Dir(file)]++
		}
	}
	for _, pkg := range slices.Sorted(maps.Keys(count)) {
		n := count[pkg]
		if n <= filesOfPackage {
			continue
		}
		if doc := docOf(t, path.Join(pkg, "doc.go")); !strings.Contains(doc, reasoned) {
			t.Errorf("%s has %d files, want %d at most, or the reason in doc.go as a sentence with %q", pkg, n, filesOfPackage, reasoned)
		}
	}
}

func TestThePackagesDocStandsInDocGo(t *testing.T) {
	for _, file := range goFiles(t) {
		if isTest(file) || path.Dir(file) == "." || path.Base(file) == "doc.go" || strings.Contains(file, "/testdata/") {
			continue
		}
		if docOf(t, file) != "" {
			t.Errorf("%s has the doc of its package, want it in %s", file, path.Join(path.Dir(file), "doc.go"))
		}
	}
}

func TestNoFileIsNamedForNothing(t *testing.T) {
	for _, file := range goFiles(t) {
		switch name := strings.TrimSuffix(strings.TrimSuffix(path.Base(file), ".go"), "_test"); name {
		case "more", "misc", "util", "utils", "common", "helpers", "types", "defs":
			t.Errorf("%s: want the name of what the file holds", file)
		}
	}
}

func parse(t *testing.T, set *token.FileSet, file string) *ast.File {
	t.Helper()
	parsed, err := parser.ParseFile(set, file, read(t, file), parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// docOf is the package's doc that stands in a file, on one line; empty when the file
// has none or is not there.
func docOf(t *testing.T, file string) string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root(t), file), nil, parser.ParseComments|parser.PackageClauseOnly)
	if err != nil || parsed.Doc == nil {
		return ""
	}
	return strings.Join(strings.Fields(parsed.Doc.Text()), " ")
}
