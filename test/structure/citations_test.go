package structure_test

import (
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// document is a file that a comment cites. A name behind a slash is of elsewhere
// unless it begins with docs/.
var document = regexp.MustCompile(`(^|[\s("'` + "`" + `])((?:docs/)?[\w-]+\.md)\b`)

func TestEveryDocumentThatACommentCitesIsThere(t *testing.T) {
	for _, file := range goFiles(t) {
		set := token.NewFileSet()
		for _, group := range parse(t, set, file).Comments {
			for _, c := range group.List {
				for _, m := range document.FindAllStringSubmatch(c.Text, -1) {
					if name := m[2]; !isDocument(t, name) {
						t.Errorf("%s: cites %s, which is neither in docs nor in the root", set.Position(c.Pos()), name)
					}
				}
			}
		}
	}
}

func isDocument(t *testing.T, name string) bool {
	t.Helper()
	for _, dir := range []string{".", "docs"} {
		if _, err := os.Stat(filepath.Join(root(t), dir, name)); err == nil {
			return true
		}
	}
	return false
}
