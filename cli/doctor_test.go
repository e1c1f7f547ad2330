package cli

import (
	"strings"
	"testing"

	"livestream-tui/procs/cluster/identity"
	"livestream-tui/procs/cluster/registry"
	"livestream-tui/services/cluster"
	"livestream-tui/services/kit/service"
)

// ofCluster is the environment of machine b at 127.0.0.3, which has served what these kinds are of.
func ofCluster(t *testing.T, kinds ...string) service.Environment {
	t.Helper()
	env := onMachine(t)
	token := invited(t, onMachine(t), "invite", "--new", "a=127.0.0.2")
	i, err := token.Join(identity.FolderIn(env["STATE_PATH"]), "b", "127.0.0.3")
	if err != nil {
		t.Fatal(err)
	}
	own := registry.Own{Member: i.Member()}
	for _, kind := range kinds {
		own.Instances = append(own.Instances, cluster.Instance{Machine: "b", Name: kind, Kind: kind, URL: "http://127.0.0.3:1"})
	}
	if err := (registry.Table{}).Of(own).Save(i.TablePath()); err != nil {
		t.Fatal(err)
	}
	return env
}

func TestDoctorChecksWhatTheLayoutOfAMachineHas(t *testing.T) {
	edge := onMachine(t)
	printed := invited(t, ofCluster(t), "invite", "--edge")
	if _, err := printed.Join(identity.FolderIn(edge["STATE_PATH"]), "pop", ""); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name        string
		env         service.Environment
		args        []string
		has, hasNot []string
	}{
		{"no cluster", onMachine(t), nil, []string{"server1", "OUTPUT_STREAM_PATH", "proxy"}, []string{"for engine", "by engine"}},
		{"a cluster", ofCluster(t, "packager", "origin"), nil, []string{"engine", "server1"}, []string{"OUTPUT_STREAM_PATH"}},
		{"one that has not started yet", ofCluster(t), nil, []string{"engine", "server1"}, nil},
		{"a machine without films", ofCluster(t, "origin"), nil, []string{"engine", "origin"}, []string{"server1", "encoding", "ffprobe"}},
		{"a layout that is named", ofCluster(t, "packager", "origin"), []string{"--layout", "edge"}, []string{"engine"}, []string{"server1"}},
		{"a proxy alone", edge, nil, []string{"proxy"}, []string{"server1", "for origin", "by origin", "encoding"}},
	} {
		got := invoke(t, c.env, append([]string{"doctor"}, c.args...)...)
		for _, want := range c.has {
			if !strings.Contains(got.out, want) {
				t.Errorf("%s: got %q and %q, want %q", c.name, got.out, got.errs, want)
			}
		}
		for _, foreign := range c.hasNot {
			if strings.Contains(got.out, foreign) {
				t.Errorf("%s: got %q, want no %q", c.name, got.out, foreign)
			}
		}
	}
	if got := invoke(t, onMachine(t), "doctor", "--layout", "nothing"); got.status != statusUsage {
		t.Errorf("an unknown layout: got status %d, %q", got.status, got.errs)
	}
}
