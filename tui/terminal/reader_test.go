package terminal

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestReaderIsWhatTheOperatorWants(t *testing.T) {
	all := func(string) (string, error) { return "/bin/x", nil }
	none := func(string) (string, error) { return "", errors.New("no such program") }
	for _, c := range []struct {
		name          string
		pager, editor string
		find          func(string) (string, error)
		want          string
	}{
		{"both are set", "most -w", "emacs", all, "most -w"},
		{"only the editor", "", "emacs -nw", none, "emacs -nw"},
		{"neither", "", "", all, "less"},
		{"neither, and there is only vi", "", "", func(name string) (string, error) {
			if name == "vi" {
				return all(name)
			}
			return none(name)
		}, "vi"},
		{"nothing at all", "", "", none, ""},
	} {
		env := map[string]string{"PAGER": c.pager, "EDITOR": c.editor}
		if got := reader(func(name string) string { return env[name] }, c.find); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestReadRunsTheProgramOnTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b.log")
	if err := read(t.Context(), path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want that there is no such file", err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PAGER", "echo read >")
	if err := read(t.Context(), path); err != nil {
		t.Error(err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "read\n" {
		t.Errorf("got %q, %v, want the program to be given the file", got, err)
	}
	t.Setenv("PAGER", "no-such-program")
	if err := read(t.Context(), path); err == nil || !strings.Contains(err.Error(), "PAGER") {
		t.Errorf("got %v, want an error that names PAGER", err)
	}
}

// TestWhatShowsAFileEndsWithItsContext has a program that stops itself, for which nobody
// would let it go on.
func TestWhatShowsAFileEndsWithItsContext(t *testing.T) {
	_, none, err := os.Pipe() // which is no terminal
	if err != nil {
		t.Fatal(err)
	}
	defer none.Close()
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", "kill -STOP $$; echo goes on; exec sleep 600")
	cmd.Stdout = in
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, _ = out.Read(make([]byte, 10)) // returns once it goes on
		cancel()
	}()
	if err := inForeground(ctx, cmd, none); err != nil {
		t.Error(err)
	}
	in.Close()
}
