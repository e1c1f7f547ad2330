package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// names are the files in a folder.
func names(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func TestAFileIsReplacedWhole(t *testing.T) {
	for _, c := range []struct {
		name string
		o    Options
		mode fs.FileMode
		left string // there before, as after a killed writer
	}{
		{"without options", Options{}, 0o644, ""},
		{"with permissions", Options{Mode: 0o600}, 0o600, ""},
		{"synced", Options{Sync: true}, 0o644, ""},
		{"with a fixed temporary name", Options{Temp: "list.new"}, 0o644, ""},
		{"over the rest of a killed writer", Options{Temp: "list.new"}, 0o644, "list.new"},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := t.TempDir()
			path := filepath.Join(folder, "list")
			if c.left != "" {
				if err := os.WriteFile(filepath.Join(folder, c.left), []byte("half of something longer"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			for _, text := range []string{"old and long", "new"} {
				if err := Write(path, []byte(text), c.o); err != nil {
					t.Fatal(err)
				}
				if got, err := os.ReadFile(path); err != nil || string(got) != text {
					t.Errorf("got %q, %v, want %q", got, err, text)
				}
			}
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != c.mode {
				t.Errorf("got %v, %v, want mode %s", info, err, c.mode)
			}
			if got := names(t, folder); !slices.Equal(got, []string{"list"}) {
				t.Errorf("got %v in the folder, want the file alone", got)
			}
		})
	}
}

func TestAFailureLeavesTheFileAsItWas(t *testing.T) {
	full := errors.New("no space left on device")
	for _, c := range []struct {
		name   string
		create func(path string) (*os.File, error)
		want   error
	}{
		{"nothing can be created", func(string) (*os.File, error) { return nil, full }, full},
		{"nothing can be written", func(path string) (*os.File, error) { // opened for reading
			if err := os.WriteFile(path, nil, 0o644); err != nil {
				return nil, err
			}
			return os.Open(path)
		}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := t.TempDir()
			path := filepath.Join(folder, "list")
			if err := Write(path, []byte("old"), Options{}); err != nil {
				t.Fatal(err)
			}
			err := Write(path, []byte("new"), Options{Create: c.create})
			if err == nil || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("got %v, want an error, %v", err, c.want)
			}
			if got, err := os.ReadFile(path); err != nil || string(got) != "old" {
				t.Errorf("got %q, %v, want the old content", got, err)
			}
			if got := names(t, folder); !slices.Equal(got, []string{"list"}) {
				t.Errorf("got %v in the folder, want the file alone", got)
			}
		})
	}
}

func TestWritersDoNotDisturbEachOther(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "list")
	var writers sync.WaitGroup
	for range 8 {
		writers.Go(func() {
			for range 50 {
				if err := Write(path, []byte("all of it"), Options{}); err != nil {
					t.Error(err)
				}
				if got, err := os.ReadFile(path); err != nil || string(got) != "all of it" {
					t.Errorf("got %q, %v", got, err)
				}
			}
		})
	}
	writers.Wait()
	if got := names(t, folder); !slices.Equal(got, []string{"list"}) {
		t.Errorf("got %v in the folder, want the file alone", got)
	}
}
