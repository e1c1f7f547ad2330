package structure_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"livestream-tui/layouts"
)

// clusterLayout is the layout of each machine in compose.cluster.yaml.
const clusterLayout = "cluster"

// TestTheMachinesOfComposeDifferInNameOnly holds that each container of compose.cluster.yaml
// is a machine of the same layout, with its own name, state and port.
func TestTheMachinesOfComposeDifferInNameOnly(t *testing.T) {
	file := compose(t, "compose.cluster.yaml")
	if len(file.Services) != 3 {
		t.Errorf("got %d machines, want 3: two of three agree when one is lost", len(file.Services))
	}
	var first container
	for name, c := range file.Services {
		if got := fmt.Sprint(c.Environment["MACHINE"]); got != name {
			t.Errorf("%s: MACHINE: got %s, want the name by which other containers find it", name, got)
		}
		if want := []string{"--headless", "--layout", clusterLayout}; !slices.Equal(c.Command, want) {
			t.Errorf("%s: command: got %v, want %v", name, c.Command, want)
		}
		for _, want := range []string{"state-" + name + ":/data/state", "./input:/data/input:ro"} {
			if !slices.Contains(c.Volumes, want) {
				t.Errorf("%s: volumes: got %v, want %s among them", name, c.Volumes, want)
			}
		}
		if want := []string{name + ":127.0.0.1"}; !slices.Equal(c.ExtraHosts, want) {
			t.Errorf("%s: extra_hosts: got %v, want %v", name, c.ExtraHosts, want)
		}
		for _, v := range c.Volumes {
			source, _, _ := strings.Cut(v, ":")
			if len(source) == 1 {
				t.Errorf("%s: Compose takes the volume %s for a drive", name, source)
			}
			if _, known := file.Volumes[source]; !known && !strings.HasPrefix(source, ".") {
				t.Errorf("%s: there is no volume %s", name, source)
			}
		}
		for setting := range c.Environment {
			if !isSetting(setting) {
				t.Errorf("%s: environment: %s is no setting", name, setting)
			}
		}
		c.Ports, c.ExtraHosts, c.Volumes = nil, nil, slices.DeleteFunc(c.Volumes, func(v string) bool { return strings.HasPrefix(v, "state-"+name+":") })
		delete(c.Environment, "MACHINE")
		if first.Image == "" {
			first = c
		}
		if !reflect.DeepEqual(c, first) {
			t.Errorf("%s: got %+v, want it like the others: %+v", name, c, first)
		}
	}
}

// TestTheMachinesOfComposeAreReachedAtTheirProxies holds that only proxies are published, on
// loopback and on a port each.
func TestTheMachinesOfComposeAreReachedAtTheirProxies(t *testing.T) {
	layout, err := layouts.Load(clusterLayout)
	if err != nil {
		t.Fatal(err)
	}
	proxy := 0
	for _, p := range layout.Processes {
		if p.Service == "proxy" {
			proxy = p.PortDefault
		}
	}
	taken := map[string]string{}
	for name, c := range compose(t, "compose.cluster.yaml").Services {
		if len(c.Ports) != 1 {
			t.Errorf("%s: ports: got %v, want one, that of the proxy", name, c.Ports)
			continue
		}
		host, port, _ := strings.Cut(strings.TrimPrefix(c.Ports[0], "127.0.0.1:"), ":")
		if !strings.HasPrefix(c.Ports[0], "127.0.0.1:") || port != fmt.Sprint(proxy) {
			t.Errorf("%s: ports: got %s, want a port of loopback for %d of the layout's proxy", name, c.Ports[0], proxy)
		}
		if taken[host] != "" {
			t.Errorf("%s: ports: %s is that of %s", name, host, taken[host])
		}
		taken[host] = name
	}
}
