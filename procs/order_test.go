package procs

import (
	"strings"
	"testing"
)

func TestSpecsAreChecked(t *testing.T) {
	argv := []string{"/bin/true"}
	for _, c := range []struct {
		name  string
		specs []Spec
		want  string
	}{
		{"no name", []Spec{{Argv: argv}}, "must be unique"},
		{"a slash", []Spec{{Name: "a/b", Argv: argv}}, "without a slash"},
		{"twice", []Spec{{Name: "a", Argv: argv}, {Name: "a", Argv: argv}}, "must be unique"},
		{"no command", []Spec{{Name: "a"}}, "absolute path"},
		{"a relative command", []Spec{{Name: "a", Argv: []string{"true"}}}, "absolute path"},
		{"a circle", []Spec{{Name: "a", Argv: argv, DependsOn: []string{"b"}}, {Name: "b", Argv: argv, DependsOn: []string{"a"}}}, "processes a, b: they depend on each other"},
		{"on a process that is not there", []Spec{{Name: "a", Argv: argv, DependsOn: []string{"x"}}}, "not there"},
	} {
		if _, err := New(Options{Specs: c.specs, RunPath: t.TempDir()}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}
