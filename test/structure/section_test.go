package structure_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// holdSection compares the part of a document between two marks with what it is made from,
// and names each line that it lacks. With -update it writes that part.
func holdSection(t *testing.T, file, from, to, want, source string) {
	t.Helper()
	before, rest, ok := strings.Cut(read(t, file), from)
	has, after, ok2 := strings.Cut(rest, to)
	if !ok || !ok2 {
		t.Fatalf("%s lacks %q and %q around what is made from the code", file, from, to)
	}
	if has == want {
		return
	}
	if *update {
		if err := os.WriteFile(filepath.Join(root(t), file), []byte(before+from+want+to+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	lines := strings.Split(has, "\n")
	for _, line := range strings.Split(want, "\n") {
		if !slices.Contains(lines, line) {
			t.Errorf("%s lacks %s", file, line)
		}
	}
	t.Errorf("%s is not %s; make golden writes it", file, source)
}
