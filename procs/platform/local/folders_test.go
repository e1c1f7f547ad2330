package local

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/preflight"
)

func TestAFolderForTheLogsThatCannotBeMadeIsNamedByItsSetting(t *testing.T) {
	root := newRoot(t)
	state := filepath.Join(root, "file")
	if err := os.WriteFile(state, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := New(Options{
		RunPath: filepath.Join(root, "run"), LogPath: filepath.Join(state, "logs"), Log: hclog.NewNullLogger(),
		Folders: []preflight.Folder{{Variable: "STATE_PATH", Path: state}},
	})
	if want := "STATE_PATH="; err == nil || !strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), "set it to a folder of yours") {
		t.Errorf("got %v, want an error that begins with %s and says what is allowed", err, want)
	}
}
