package local

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/layouts"
)

func TestSpecsGiveEachProcessItsEnvironment(t *testing.T) {
	l := layouts.Layout{Name: "x", Processes: []layouts.Process{
		{Name: "one", Service: "packager", Restart: "on-failure", Environment: map[string]string{"A": "layout", "B": "2"}, DependsOn: []string{"two"}},
		{Name: "two", Service: "worker", Restart: "always"},
	}}
	operator := map[string]string{"A": "operator", "LOG_FORMAT": "text"}
	got, err := specs(Options{Layout: l, Self: "/bin/self", Env: operator})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"A=layout", "B=2", "LOG_FORMAT=json"}, got[0].Env); diff != "" {
		t.Errorf("environment of one (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"A=operator", "LOG_FORMAT=json"}, got[1].Env); diff != "" {
		t.Errorf("environment of two (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"/bin/self", "packager"}, got[0].Argv); diff != "" {
		t.Errorf("argv (-want +got):\n%s", diff)
	}
	if got[0].Restart.String() != "on-failure" || fmt.Sprint(got[0].DependsOn) != "[two]" {
		t.Errorf("got policy %s, depends on %v, want on-failure and [two]", got[0].Restart, got[0].DependsOn)
	}
	if operator["LOG_FORMAT"] != "text" {
		t.Error("the operator's environment was changed")
	}
}

// TestEachServiceIsGivenWhatItReads has a secret that only one service reads.
func TestEachServiceIsGivenWhatItReads(t *testing.T) {
	o := Options{
		Layout: layouts.Layout{Processes: []layouts.Process{
			{Name: "worker", Service: "worker", Restart: "always"},
			{Name: "proxy", Service: "proxy", Restart: "always", Environment: map[string]string{"INGEST_TOKEN": "layout's", "OWN": "x"}},
		}},
		Env:      map[string]string{"INGEST_TOKEN": "hush", "RUN_PATH": "/run", "PATH": "/bin"},
		Settings: []string{"INGEST_TOKEN", "RUN_PATH"},
		Reads: func(service string) []string {
			if service == "worker" {
				return []string{"INGEST_TOKEN", "RUN_PATH"}
			}
			return []string{"RUN_PATH"}
		},
	}
	list, err := specs(o)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]string{
		{"INGEST_TOKEN=hush", "LOG_FORMAT=json", "PATH=/bin", "RUN_PATH=/run"},
		{"LOG_FORMAT=json", "OWN=x", "PATH=/bin", "RUN_PATH=/run"},
	} {
		if !slices.Equal(list[i].Env, want) {
			t.Errorf("%s: got %q, want %q", list[i].Name, list[i].Env, want)
		}
	}
	o.Reads = nil
	if list, err = specs(o); err != nil || !slices.Contains(list[1].Env, "INGEST_TOKEN=layout's") {
		t.Errorf("without Reads: got %q, %v, want all of it", list[1].Env, err)
	}
}

func TestEachPlatformHasAnAdminTokenOfItsOwn(t *testing.T) {
	given := map[string]string{"A": "b"}
	one, other := withAdminToken(given), withAdminToken(nil)
	if len(one[adminToken]) < 16 || one[adminToken] == other[adminToken] || one["A"] != "b" || len(given) != 1 {
		t.Errorf("got %q and %q of %v, want two that nobody guesses", one, other, given)
	}
	if got := withAdminToken(map[string]string{adminToken: "the operator's"}); got[adminToken] != "the operator's" {
		t.Errorf("got %v, want the operator's", got)
	}
	env := []string{adminToken + "=" + one[adminToken]}
	if got := shown(env, []string{adminToken}); len(got) != 1 || strings.Contains(got[0], one[adminToken]) {
		t.Errorf("it is shown: %v", got)
	}
}
