package structure_test

import (
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Writes of the Store may take seconds, or wait for a quorum. Nothing that players wait for
// can reach them, not even through another package.
func TestWhatPlayersWaitForCannotWriteToTheStore(t *testing.T) {
	const writing = "services/cluster/store"
	imports := map[string][]string{}
	for _, file := range goFiles(t) {
		if isTest(file) {
			continue
		}
		for _, imp := range parse(t, token.NewFileSet(), file).Imports {
			if name, err := strconv.Unquote(imp.Path.Value); err == nil {
				if ours, ok := strings.CutPrefix(name, module+"/"); ok {
					imports[path.Dir(file)] = append(imports[path.Dir(file)], ours)
				}
			}
		}
	}
	var way func(from string, past []string) []string
	way = func(from string, past []string) []string {
		past = append(past, from)
		if from == writing {
			return past
		}
		for _, next := range imports[from] {
			if slices.Contains(past, next) {
				continue
			}
			if found := way(next, past); found != nil {
				return found
			}
		}
		return nil
	}
	for _, from := range []string{"services/proxy", "services/packager", "services/worker", "services/receiver"} {
		if found := way(from, nil); found != nil {
			t.Errorf("players wait for what writes to the Store: %s", strings.Join(found, " imports "))
		}
	}
	if way("services/cluster/store/kv", nil) == nil {
		t.Error("the test does not see that the Store's own engine has its writing side")
	}
}
