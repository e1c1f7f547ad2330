package cli

import (
	"os"
	"slices"
	"strings"
	"testing"

	"livestream-tui/services"
)

func TestEachCommandIsAFileOfItsName(t *testing.T) {
	for _, command := range commands() {
		a, _, _ := newTestApp(t, nil)
		name := command(a).Name()
		if _, err := os.Stat(name + ".go"); err != nil {
			t.Errorf("command %s: %v", name, err)
		}
	}
}

func TestEachCommandHasHelp(t *testing.T) {
	a, _, _ := newTestApp(t, nil)
	var walk func(path []string)
	walk = func(path []string) {
		got := invoke(t, nil, append([]string{"help"}, path...)...)
		if got.status != statusOK || got.out == "" || got.errs != "" {
			t.Errorf("help %s: got status %d, %d bytes and the error %q", strings.Join(path, " "), got.status, len(got.out), got.errs)
		}
		cmd, _, err := rootCommand(a).Find(path)
		if err != nil {
			t.Fatal(err)
		}
		if cmd.Short == "" {
			t.Errorf("%s has no line in the list of commands", cmd.CommandPath())
		}
		for _, c := range cmd.Commands() {
			walk(append(slices.Clone(path), c.Name()))
		}
	}
	walk(nil)
}

func TestEachServiceIsACommand(t *testing.T) {
	a, _, _ := newTestApp(t, nil)
	root := rootCommand(a)
	for _, s := range services.All() {
		cmd, _, err := root.Find([]string{s.Name})
		if err != nil || cmd.Name() != s.Name || cmd.GroupID != servicesGroup {
			t.Errorf("service %s: got command %q, error %v", s.Name, cmd.CommandPath(), err)
		}
	}
}
