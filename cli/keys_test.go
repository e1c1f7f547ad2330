package cli

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"livestream-tui/procs/cluster/identity"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/receiver/keys"
)

const liveSignals = `[{"name":"stage","inputs":[{"name":"main","rtmp":{}},{"name":"backup","srt":{}},{"name":"film","url":"rtsp://user:hidden@camera/1"}]}]`

func TestKeysShowsWhereEncodersSend(t *testing.T) {
	env := service.Environment{"SIGNALS": liveSignals, "STATE_PATH": t.TempDir(), "CACHE_PATH": t.TempDir(), "LIVE_HOST": "studio.example", "RTMP_PORT": "1936"}
	first := invoke(t, env, "keys", "--json")
	var list []keys.Endpoint
	if err := json.Unmarshal([]byte(first.out), &list); err != nil || first.status != statusOK || len(list) != 3 {
		t.Fatalf("got status %d, %q, %q, %v", first.status, first.out, first.errs, err)
	}
	main, backup := list[0], list[1]
	if main.Server != "rtmp://studio.example:1936/live" || len(main.Key) != 24 || main.URL != main.Server+"/"+main.Key {
		t.Errorf("main: got %+v", main)
	}
	if want := "srt://studio.example:8890?mode=caller&latency=200000&passphrase="; !strings.HasPrefix(backup.URL, want) || len(backup.URL) != len(want)+24 {
		t.Errorf("backup: got %s, want %s and a passphrase", backup.URL, want)
	}
	info, err := os.Stat(filepath.Join(env["STATE_PATH"], "keys.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file of keys: got %v, %v, want mode 0600", info, err)
	}
	table := invoke(t, env, "keys")
	for _, want := range []string{main.Server, main.Key, backup.URL, "Settings, Stream"} {
		if !strings.Contains(table.out, want) {
			t.Errorf("got %q, want %s in it", table.out, want)
		}
	}
	if strings.Contains(table.out, "hidden") {
		t.Errorf("got %q, which shows the password of a URL", table.out)
	}
}

func TestKeysOfAMachineOfACluster(t *testing.T) {
	env := service.Environment{"SIGNALS": liveSignals, "STATE_PATH": t.TempDir(), "CACHE_PATH": t.TempDir()}
	if _, err := identity.Create(identity.FolderIn(env["STATE_PATH"]), "a", "10.0.0.1"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ variable, value, layout, want string }{
		{"", "", "", "rtmp://10.0.0.1:1935/live"},
		{"", "", "cluster-live", "rtmp://10.0.0.1:1935/live"},
		{"LIVE_HOST", "studio.example", "", "rtmp://studio.example:1935/live"},
		{"LIVE_BIND_ADDRESS", "127.0.0.1", "", "rtmp://127.0.0.1:1935/live"},
		{"", "", "live", "rtmp://127.0.0.1:1935/live"}, // it is of this machine alone
	} {
		with := maps.Clone(env)
		args := []string{"keys"}
		if c.layout != "" {
			args = append(args, "--layout", c.layout)
		}
		if c.variable != "" {
			with[c.variable] = c.value
		}
		if got := invoke(t, with, args...); got.status != statusOK || !strings.Contains(got.out, c.want+" ") {
			t.Errorf("%s=%s, layout %q: got status %d, %q, %q, want %s", c.variable, c.value, c.layout, got.status, got.out, got.errs, c.want)
		}
	}
}

func TestKeysOfALayout(t *testing.T) {
	env := service.Environment{"STATE_PATH": t.TempDir(), "CACHE_PATH": t.TempDir()}
	if got := invoke(t, env, "keys", "--layout", "live"); got.status != statusOK || !strings.Contains(got.out, "stage") {
		t.Errorf("live: got status %d, %q, %q", got.status, got.out, got.errs)
	}
	if got := invoke(t, env, "keys", "--layout", "default"); got.status != statusUsage || !strings.Contains(got.errs, "no live signals") {
		t.Errorf("default: got status %d, %q, want that it has no live signals", got.status, got.errs)
	}
}
