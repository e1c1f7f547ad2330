package preflight

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"livestream-tui/layouts"
	"livestream-tui/procs"
	"livestream-tui/procs/runfolder"
)

func TestASecondPlatformIsGivenSettingsOfItsOwn(t *testing.T) {
	layout, err := layouts.Load(layouts.Default)
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	at := func(name string) string { return filepath.Join(root, name) }
	if err := os.Mkdir(at("run-2"), 0o700); err != nil { // a second one is there: this is the third
		t.Fatal(err)
	}
	o := Requirements{
		Layout: layout, RunPath: at("run"), Settings: []string{"PACKAGERS", "PROXY_URL", "FFMPEG_PATH"},
		Env: map[string]string{"PACKAGERS": "http://localhost:18080,http://elsewhere:18081", "SERVER_ONE_PORT": "18080", "FFMPEG_PATH": "ffmpeg", "PROXY_ADMIN": "19000", "METRICS_PORT": "19001"},
		Folders: []Folder{
			{Variable: "INPUT_STREAM_PATH", Path: at("input"), ReadOnly: true}, {Variable: "OUTPUT_STREAM_PATH", Path: at("it's out")},
			{Variable: "STATE_PATH", Path: at("state/")}, {Variable: "CACHE_PATH", Path: at("cache")},
		},
	}
	ends, err := Endpoints(layout, o.Env)
	if err != nil {
		t.Fatal(err)
	}
	if err := SuggestSettings(errors.New("other"), o, ends); err.Error() != "other" {
		t.Errorf("of another error: got %v", err)
	}
	err = SuggestSettings(runfolder.AlreadyRunning(7, "lock"), o, ends)
	if !errors.Is(err, procs.ErrAlreadyRunning) || !strings.Contains(err.Error(), "pid 7,") {
		t.Errorf("got %v, want the holder's pid", err)
	}
	got := secondSettings(o, ends)
	if line := "\nTo run this one beside it: " + strings.Join(got, " ") + " livestream-tui"; !strings.HasSuffix(err.Error(), line) {
		t.Errorf("got %v, want the command line at its end", err)
	}
	for _, want := range []string{
		"RUN_PATH=" + at("run-3"), "STATE_PATH=" + at("state-3"), "OUTPUT_STREAM_PATH='" + root + `/it'\''s out-3'`,
	} {
		if !slices.Contains(got, want) {
			t.Errorf("got %q, want %s", got, want)
		}
	}
	ports := map[string]int{}
	for _, setting := range got {
		name, value, _ := strings.Cut(setting, "=")
		if port, err := strconv.Atoi(value); err == nil {
			ports[name] = port
		}
	}
	seen := map[int]bool{}
	for _, name := range []string{"SERVER_ONE_PORT", "SERVER_TWO_PORT", "REPORTER_PORT", "ORIGIN_PORT", "PROXY_PORT", "PROXY_ADMIN", "METRICS_PORT"} {
		if ports[name] == 0 || seen[ports[name]] || slices.ContainsFunc(ends, func(e Endpoint) bool { return e.Port == ports[name] }) {
			t.Errorf("%s: got %d, want a port of its own: %q", name, ports[name], got)
		}
		seen[ports[name]] = true
	}
	if want := fmt.Sprintf("PACKAGERS=http://localhost:%d,http://elsewhere:18081", ports["SERVER_ONE_PORT"]); !slices.Contains(got, want) {
		t.Errorf("got %q, want %s", got, want)
	}
	for _, shared := range []string{"INPUT_STREAM_PATH", "CACHE_PATH", "FFMPEG_PATH"} {
		if slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, shared+"=") }) {
			t.Errorf("got %q, want no %s: both may share it", got, shared)
		}
	}
}
