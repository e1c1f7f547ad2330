package structure_test

import (
	"go/ast"
	"go/token"
	"regexp"
	"strings"
	"testing"
)

// TestACommentBeginsWithTheNameThatItDescribes finds what a rename has left behind: the
// comment of an exported name begins with it, and no other comment begins with a name of
// several words that is not its own.
func TestACommentBeginsWithTheNameThatItDescribes(t *testing.T) {
	for _, file := range goFiles(t) {
		set := token.NewFileSet()
		for _, d := range parse(t, set, file).Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if !isTest(file) {
					wantName(t, set, d.Doc, d.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if s, is := spec.(*ast.TypeSpec); is && !isTest(file) {
						doc := s.Doc
						if doc == nil && len(d.Specs) == 1 {
							doc = d.Doc
						}
						wantName(t, set, doc, s.Name)
					}
				}
			}
		}
	}
}

var (
	firstWord = regexp.MustCompile(`^\w+`)
	camelCase = regexp.MustCompile(`^[a-z]+[A-Z]`)
)

func wantName(t *testing.T, set *token.FileSet, doc *ast.CommentGroup, name *ast.Ident) {
	t.Helper()
	said := firstWord.FindString(strings.TrimPrefix(strings.TrimPrefix(doc.Text(), "A "), "An "))
	switch {
	case said == "" || said == name.Name:
	case name.IsExported(), camelCase.MatchString(said):
		t.Errorf("%s: the comment of %s begins with %q", set.Position(name.Pos()), name.Name, said)
	}
}
