package runfolder

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestALockIsTakenOfNobodyElse(t *testing.T) {
	root := short(t)
	at := func(name string) string { return filepath.Join(root, name) }
	if err := os.WriteFile(at("target"), []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(at("target"), at("link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(at("nowhere"), at("loose")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(at("pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	rows := []struct{ name, want string }{{"link", "a symbolic link"}, {"loose", "a symbolic link"}, {"pipe", "it is no file"}}
	if os.Getuid() == 0 {
		if err := os.WriteFile(at("foreign"), []byte("theirs"), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(at("foreign"), 12345, 12345); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, struct{ name, want string }{"foreign", "another user's"})
	}
	for _, c := range rows {
		lock, err := takeLock(at(c.name))
		if err == nil {
			lock.Close()
		}
		if got := fmt.Sprint(err); !strings.Contains(got, c.want) || !strings.Contains(got, at(c.name)) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
	if b, err := os.ReadFile(at("target")); err != nil || string(b) != "precious" || isThere(at("nowhere")) {
		t.Errorf("got %q, %v, want what links lead to left alone", b, err)
	}
}

func TestRunPathMustBeOurs(t *testing.T) {
	root := short(t)
	at := func(name string) string { return filepath.Join(root, name) }
	folder := func(name string, mode os.FileMode, inside ...string) string {
		t.Helper()
		if err := os.Mkdir(at(name), 0o700); err != nil {
			t.Fatal(err)
		}
		for _, file := range inside {
			if err := os.WriteFile(filepath.Join(at(name), file), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(at(name), mode); err != nil {
			t.Fatal(err)
		}
		return at(name)
	}
	if err := os.WriteFile(at("file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(folder("target", 0o700), at("link")); err != nil {
		t.Fatal(err)
	}
	foreign := "/"
	if os.Getuid() == 0 {
		foreign = folder("foreign", 0o700)
		if err := os.Chown(foreign, 12345, 12345); err != nil {
			t.Fatal(err)
		}
	}
	const belongs = "a folder that belongs to this user"
	for _, c := range []struct {
		name, path, want string
	}{
		{"not there", at("new/er"), ""},
		{"closed", folder("closed", 0o700), ""},
		{"closed, with files", folder("full", 0o700, "x"), ""},
		{"open and empty", folder("empty", 0o755), ""},
		{"open and ours", folder("ours", 0o755, "lock", "x.log"), ""},
		{"open, with files", folder("home", 0o755, "x"), "holds more than ours"},
		{"everyone's", folder("tmp", 0o777|os.ModeSticky), "holds more than ours"},
		{"a file", at("file"), "RUN_PATH="},
		{"a link", at("link"), belongs},
		{"another's", foreign, belongs},
	} {
		err := ownFolder(c.path)
		if got := fmt.Sprint(err); (err == nil) != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
		info, statErr := os.Stat(c.path)
		if err == nil && (statErr != nil || info.Mode().Perm() != 0o700) {
			t.Errorf("%s: got %v, %v, want it closed to others", c.name, info.Mode(), statErr)
		}
		if c.want == "holds more than ours" && info.Mode().Perm() == 0o700 {
			t.Errorf("%s: it was closed to others", c.name)
		}
	}
}
