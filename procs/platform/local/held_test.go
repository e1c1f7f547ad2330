package local

import (
	"fmt"
	"strings"
	"testing"

	"livestream-tui/layouts"
	"livestream-tui/procs"
)

func TestSpecsHoldTheSocketsOfHeldPorts(t *testing.T) {
	l := layouts.Layout{Processes: []layouts.Process{
		{Name: "front", Service: "proxy", PortVariable: "PROXY_PORT", PortDefault: 8002, PortHeld: true, Restart: "always"},
		{Name: "origin", Service: "origin", PortVariable: "ORIGIN_PORT", PortDefault: 8001, PortHeld: true, Restart: "always"},
		{Name: "server1", Service: "server1", PortVariable: "SERVER_ONE_PORT", PortDefault: 8080, Restart: "always"},
	}}
	for _, c := range []struct {
		name string
		env  map[string]string
		want string
	}{
		{"nothing set", nil, "front@127.0.0.1:8002 front@[::1]:8002? 0s, origin@127.0.0.1:8001 origin@[::1]:8001? 0s, none 0s"},
		{"ports and addresses", map[string]string{"PROXY_PORT": "90", "BIND_ADDRESS": "0.0.0.0", "CONTROL_BIND_ADDRESS": "::1"}, "front@0.0.0.0:90 0s, origin@[::1]:8001 origin@127.0.0.1:8001? 0s, none 0s"},
		{"longer than a hand-over takes", map[string]string{"HANDOVER_TIMEOUT": "20s"}, "front@127.0.0.1:8002 front@[::1]:8002? 25s, origin@127.0.0.1:8001 origin@[::1]:8001? 25s, none 0s"},
		{"by name", map[string]string{"BIND_ADDRESS": "localhost"}, "front@127.0.0.1:8002 front@[::1]:8002? 0s, origin@127.0.0.1:8001 origin@[::1]:8001? 0s, none 0s"},
		{"a duration that the service itself rejects", map[string]string{"HANDOVER_TIMEOUT": "long"}, "front@127.0.0.1:8002 front@[::1]:8002? 0s, origin@127.0.0.1:8001 origin@[::1]:8001? 0s, none 0s"},
	} {
		list, err := specs(Options{Layout: l, Self: "/bin/self", Env: c.env})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range list {
			got = append(got, fmt.Sprintf("%s %s", socketsOf(s), s.FinishGrace))
		}
		if s := strings.Join(got, ", "); s != c.want {
			t.Errorf("%s: got %s, want %s", c.name, s, c.want)
		}
	}
	if _, err := specs(Options{Layout: l, Self: "/bin/self", Env: map[string]string{"PROXY_PORT": "many"}}); err == nil || !strings.Contains(err.Error(), `PROXY_PORT="many"`) {
		t.Errorf("a port that is not a number: got %v, want an error that names it", err)
	}
}

func socketsOf(s procs.Spec) string {
	var list []string
	for _, h := range s.Held {
		optional := ""
		if h.Optional {
			optional = "?"
		}
		list = append(list, h.Name+"@"+h.Address+optional)
	}
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, " ")
}

func TestTheDefaultLayoutHoldsEverySocketButThePackagers(t *testing.T) {
	l, err := layouts.Load(layouts.Default)
	if err != nil {
		t.Fatal(err)
	}
	var held []string
	for _, p := range l.Processes {
		if p.PortHeld {
			held = append(held, p.Name)
		}
	}
	if got := strings.Join(held, " "); got != "reporter origin proxy" {
		t.Errorf("got %s, want reporter origin proxy", got)
	}
}
