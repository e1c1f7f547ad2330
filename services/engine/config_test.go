package engine

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"livestream-tui/services/kit/service"
)

func TestConfigFromEnv(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	far := service.Environment{"CONTROL_BIND_ADDRESS": "10.0.0.1"}
	all := service.Environment{"CONTROL_BIND_ADDRESS": "10.0.0.1", "ENGINE_CERT": file, "ENGINE_CERT_KEY": file, "ENGINE_CA": file, "ENGINE_KEY": file}
	for _, c := range []struct {
		name string
		env  service.Environment
		bad  string // the variable that is refused; empty for none
	}{
		{"nothing is set", nil, ""},
		{"three engines", service.Environment{"MACHINE": "a", "ENGINE_PEERS": "a=10.0.0.1:6222,b=10.0.0.2:6222,c=host:6222"}, ""},
		{"two engines", service.Environment{"MACHINE": "a", "ENGINE_PEERS": "a=10.0.0.1:6222,b=10.0.0.2:6222"}, "ENGINE_PEERS"},
		{"an engine stands twice", service.Environment{"MACHINE": "a", "ENGINE_PEERS": "a=10.0.0.1:6222,a=10.0.0.2:6222,c=h:1"}, "ENGINE_PEERS"},
		{"an engine without a port", service.Environment{"MACHINE": "a", "ENGINE_PEERS": "a=10.0.0.1"}, "ENGINE_PEERS"},
		{"peers without a machine", service.Environment{"ENGINE_PEERS": "a=10.0.0.1:6222"}, "MACHINE"},
		{"a bad machine", service.Environment{"MACHINE": "A.b"}, "MACHINE"},
		{"one port for both", service.Environment{"ENGINE_PORT": "6222"}, "ENGINE_ROUTE_PORT"},
		{"beyond loopback without keys", far, "ENGINE_KEY"},
		{"beyond loopback without a certificate", far, "ENGINE_CERT"},
		{"beyond loopback with all", all, ""},
		{"half a certificate", service.Environment{"ENGINE_CERT": file}, "ENGINE_CERT"},
		{"a key that is not there", service.Environment{"ENGINE_KEY": file + "none"}, "ENGINE_KEY"},
		{"edges without machines", service.Environment{"ENGINE_EDGE_KEY": file}, "ENGINE_KEY"},
	} {
		env := service.Environment{"HOME": "/h"}
		for k, v := range c.env {
			env[k] = v
		}
		_, err := ConfigFromEnv(env)
		var bad *service.ConfigError
		switch errors.As(err, &bad); {
		case c.bad == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.bad != "" && (bad == nil || !strings.Contains(err.Error(), c.bad+"=")):
			t.Errorf("%s: got %v, want a problem of %s", c.name, err, c.bad)
		}
	}
}

func TestAStoreIsThatOfItsPeers(t *testing.T) {
	c := Config{Machine: "b"}
	if got := c.members(); got != "b" || c.standby() {
		t.Errorf("alone: got %q, standby: %t", got, c.standby())
	}
	c.Peers = Peers{{"c", "h:1"}, {"a", "h:2"}, {"b", "h:3"}}
	if got := c.members(); got != "a+b+c" || c.standby() {
		t.Errorf("with peers: got %q, standby: %t", got, c.standby())
	}
	c.Machine = "d"
	if !c.standby() {
		t.Error("a machine that is not among the peers is not on standby")
	}
}
