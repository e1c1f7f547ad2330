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
		if cmd.Example == "" && !cmd.Hidden {
			t.Errorf("%s has no example: add its row to examples", cmd.CommandPath())
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

func TestEachExampleIsOfACommand(t *testing.T) {
	a, _, _ := newTestApp(t, nil)
	root := rootCommand(a)
	for path, lines := range examples() {
		if cmd, _, err := root.Find(strings.Fields(path)); err != nil || below(root, cmd) != path {
			t.Errorf("the example of %q: there is no such command", path)
		}
		for _, line := range strings.Split(lines, "\n") {
			words, _, _ := strings.Cut(line, "  ")
			words, _, _ = strings.Cut(words, " > ")
			cmd, rest, err := root.Find(strings.Fields(words))
			if err == nil {
				err = cmd.ParseFlags(rest)
			}
			if err != nil {
				t.Errorf("the example %q: %v", line, err)
			}
		}
	}
}

func TestTheSettingsFitAScreenOfEightyCells(t *testing.T) {
	text := invoke(t, nil, "help", "environment").out
	for i, line := range strings.Split(text, "\n") {
		if len(line) > 80 {
			t.Errorf("line %d has %d cells: %s", i+1, len(line), line)
		}
	}
	for _, s := range services.SettingNames() {
		if !strings.Contains(text, "\n"+s+" ") {
			t.Errorf("%s is not there", s)
		}
	}
}
