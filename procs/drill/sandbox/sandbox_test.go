package sandbox

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"livestream-tui/layouts"
	"livestream-tui/procs/platform/local"
)

func names(list []layouts.Process) string {
	var all []string
	for _, p := range list {
		all = append(all, p.Name)
	}
	return strings.Join(all, " ")
}

func TestASandboxIsApartFromAnyOtherPlatform(t *testing.T) {
	layout, err := layouts.Load(layouts.Default)
	if err != nil {
		t.Fatal(err)
	}
	cache := t.TempDir()
	operator := map[string]string{"RUN_PATH": "/run/live", "PACKAGERS": "http://elsewhere:80", "PROXY_PORT": "8002", "LOG_LEVEL": "debug"}
	o := local.Options{Layout: layout, Env: operator, RunPath: "/run/live", LogPath: "/log/live"}
	s, err := New(&o, cache, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Remove(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(s.Root); !os.IsNotExist(err) {
			t.Errorf("its folder is still there: %v", err)
		}
	})
	for _, path := range []string{o.RunPath, o.LogPath, s.Output, o.Env["RUN_PATH"], o.Env["STATE_PATH"], o.Env["OUTPUT_STREAM_PATH"]} {
		if !strings.HasPrefix(path, s.Root+string(filepath.Separator)) {
			t.Errorf("%s is not within %s", path, s.Root)
		}
	}
	if _, found := o.Env["PACKAGERS"]; found || o.Env["PROXY_PORT"] == "8002" || o.Env["LOG_LEVEL"] != "debug" || !strings.HasPrefix(o.Env["INPUT_STREAM_PATH"], cache) {
		t.Errorf("got %v", o.Env)
	}
	if operator["RUN_PATH"] != "/run/live" || operator["PACKAGERS"] == "" {
		t.Errorf("the operator's own environment was changed: %v", operator)
	}
	var ports []string
	for _, p := range o.Layout.Processes {
		if p.PortVariable != "" {
			ports = append(ports, o.Env[p.PortVariable])
		}
	}
	slices.Sort(ports)
	if len(slices.Compact(slices.Clone(ports))) != len(ports) || slices.Contains(ports, "") {
		t.Errorf("ports: got %v, want each once", ports)
	}
	if got, want := names(o.Layout.Processes), names(layout.Processes); got != want {
		t.Errorf("processes: got %s, want %s", got, want)
	}
}

func TestAnExternalProxyTakesThePlaceOfTheLayoutsOwn(t *testing.T) {
	layout, err := layouts.Load(layouts.Default)
	if err != nil {
		t.Fatal(err)
	}
	o := local.Options{Layout: layout}
	s, err := New(&o, t.TempDir(), true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Remove() }) // nothing was put there
	if got, want := names(o.Layout.Processes), "worker server1 server2 reporter discovery origin"; got != want {
		t.Errorf("got %s, want %s: neither the proxy nor the viewer, which depends on it", got, want)
	}
	if s.ProxyPort < portFirst || s.ProxyPort >= portLast {
		t.Errorf("got port %d for the external proxy", s.ProxyPort)
	}
}
