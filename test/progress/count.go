package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// count is how much a `go test` has to do.
type count struct {
	packages, tests int
	each            bool // a line is wanted for each test
}

func (c count) String() string {
	return number(c.tests, "test") + " in " + number(c.packages, "package")
}

// isTest reports whether the words of a command are `go test -json`.
func isTest(words []string) bool {
	return slices.Contains(words, "test") && slices.Contains(words, "-json")
}

// countTests counts the packages that the words of a `go test` name, and their tests.
func countTests(words []string) (count, error) {
	c := count{each: slices.Contains(words, "-v")}
	args := []string{"list", "-json=Dir,TestGoFiles,XTestGoFiles"}
	for _, w := range words {
		if strings.HasPrefix(w, "./") || strings.HasPrefix(w, module) {
			args = append(args, w)
		}
	}
	out, err := exec.Command("go", args...).Output()
	if err != nil {
		return c, fmt.Errorf("go list: %w", err)
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			Dir                       string
			TestGoFiles, XTestGoFiles []string
		}
		switch err := d.Decode(&p); {
		case errors.Is(err, io.EOF):
			return c, nil
		case err != nil:
			return c, fmt.Errorf("go list: %w", err)
		}
		files := slices.Concat(p.TestGoFiles, p.XTestGoFiles)
		if len(files) > 0 {
			c.packages++
		}
		for _, name := range files {
			n, err := testsOf(filepath.Join(p.Dir, name))
			if err != nil {
				return c, err
			}
			c.tests += n
		}
	}
}

// testsOf counts what `go test` runs of a file. An example without a comment on its
// output is not run, but ours have one.
func testsOf(file string) (n int, err error) {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		return 0, err
	}
	for _, d := range parsed.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv != nil || f.Name.Name == "TestMain" {
			continue
		}
		for _, kind := range []string{"Test", "Fuzz", "Example"} {
			if strings.HasPrefix(f.Name.Name, kind) {
				n++
			}
		}
	}
	return n, nil
}
