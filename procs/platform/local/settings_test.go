package local

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/layouts"
	"livestream-tui/procs"
)

func TestEnvironmentShowsOursWithoutSecrets(t *testing.T) {
	l := newLocal(layouts.Layout{Processes: []layouts.Process{{Name: "proxy", Service: "proxy", Environment: map[string]string{"OF_LAYOUT": "x"}}}}, nil, "", nil)
	l.showEnvironment([]procs.Spec{{Name: "proxy", Env: []string{
		"API_TOKEN=abc", "AWS_SECRET=not ours", "EMPTY=", "HOME=/home/op", "NOTIFY_WEBHOOK=https://hooks.example/T0/B0", "OF_LAYOUT=x",
		"PACKAGERS=http://op:pw@one:8080,http://two:9090/x?token=abc,http://three", "PROXY_PORT=8002",
	}}}, []string{"API_TOKEN", "EMPTY", "NOTIFY_WEBHOOK", "PACKAGERS", "PROXY_PORT", "NOT_SET"})
	want := []string{
		"API_TOKEN=********", "NOTIFY_WEBHOOK=********", "OF_LAYOUT=x",
		"PACKAGERS=http://********@one:8080,http://two:9090/x?********,http://three", "PROXY_PORT=8002",
	}
	if diff := cmp.Diff(want, l.model.Now.Processes[0].Env); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
}
