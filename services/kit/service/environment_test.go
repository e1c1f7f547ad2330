package service

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/services/kit/handover"
)

// config is one like a service's.
type config struct {
	Topology Topology
	Paths    Paths

	Wait  time.Duration `env:"TEST_WAIT" envDefault:"3s" doc:"how long"`
	Count int           `env:"TEST_COUNT" envDefault:"10" doc:"how many"`
	On    bool          `env:"TEST_ON" doc:"whether"`
}

func parse(e Environment) (config, error) {
	var c config
	var p Problems
	Parse(e, &c, &p)
	c.Topology.Complete(&p)
	c.Paths.Complete(e, &p)
	p.Require(c.Count > 0, "TEST_COUNT", c.Count, "allowed is 1 or more")
	return c, p.Err()
}

func TestDefaults(t *testing.T) {
	got, err := parse(Environment{"HOME": "/home/op", "REPORTER_URL": ""})
	if err != nil {
		t.Fatal(err)
	}
	want := config{
		Topology: Topology{
			ServerOnePort: 8080, ServerTwoPort: 9090, ReporterPort: 2000, OriginPort: 8001, ProxyPort: 8002, ReceiverPort: 8010,
			BindAddress: "127.0.0.1", ControlBindAddress: "127.0.0.1",
			Packagers:   URLs{"http://localhost:8080", "http://localhost:9090"},
			ReporterURL: URLs{"http://localhost:2000"},
			OriginURL:   "http://localhost:8001",
			Origins:     URLs{"http://localhost:8001"},
		},
		Paths: Paths{
			Input: "input", Output: "output",
			Run:   filepath.Join(os.TempDir(), "livestream-tui-"+uid()),
			State: "/home/op/.local/state/livestream-tui", Cache: "/home/op/.cache/livestream-tui",
		},
		Wait: 3 * time.Second, Count: 10,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
}

func TestSettingsFollowFromOthers(t *testing.T) {
	for _, c := range []struct {
		name string
		env  Environment
		got  func(config) string
		want string
	}{
		{"packagers from their ports", Environment{"SERVER_ONE_PORT": "18080"},
			func(c config) string { return c.Topology.Packagers.String() }, "http://localhost:18080,http://localhost:9090"},
		{"packagers as given, spaces and final slashes aside", Environment{"PACKAGERS": "http://a:1/, https://b/x/"},
			func(c config) string { return c.Topology.Packagers.String() }, "http://a:1,https://b/x"},
		{"the reporter from its port", Environment{"REPORTER_PORT": "12000"},
			func(c config) string { return c.Topology.ReporterURL.String() }, "http://localhost:12000"},
		{"several origins", Environment{"ORIGIN_URL": "http://a:1,http://b:1"},
			func(c config) string { return c.Topology.Origins.String() }, "http://a:1,http://b:1"},
		{"no origin", Environment{"ORIGIN_URL": "none"},
			func(c config) string { return c.Topology.Origins.String() }, ""},
		{"the run folder from XDG", Environment{"XDG_RUNTIME_DIR": "/run/user/7"},
			func(c config) string { return c.Paths.Run }, "/run/user/7/livestream-tui"},
		{"the state folder from XDG", Environment{"XDG_STATE_HOME": "/s"},
			func(c config) string { return c.Paths.State }, "/s/livestream-tui"},
		{"the cache folder from XDG", Environment{"XDG_CACHE_HOME": "/c"},
			func(c config) string { return c.Paths.Cache }, "/c/livestream-tui"},
		{"a folder as given", Environment{"STATE_PATH": "here"},
			func(c config) string { return c.Paths.State }, "here"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.env["HOME"] = "/home/op"
			got, err := parse(c.env)
			if err != nil {
				t.Fatal(err)
			}
			if c.got(got) != c.want {
				t.Errorf("got %q, want %q", c.got(got), c.want)
			}
		})
	}
}

func TestEachBadVariableIsNamedWithItsValueAndWhatIsAllowed(t *testing.T) {
	for _, c := range []struct{ name, variable, value, allowed string }{
		{"a port that is no number", "ORIGIN_PORT", "many", "1 to 65535"},
		{"a port out of range", "PROXY_PORT", "65536", "1 to 65535"},
		{"port 0", "PROXY_PORT", "0", "1 to 65535"},
		{"no URL", "PACKAGERS", "localhost:8080", "http://HOST:PORT"},
		{"a URL of another kind", "REPORTER_URL", "ftp://a", "http://HOST:PORT"},
		{"a URL with a secret", "REPORTER_URL", "http://u:p@a", "http://HOST:PORT"},
		{"a URL with a query", "REPORTER_URL", "http://a?b", "http://HOST:PORT"},
		{"an empty URL in a list", "PACKAGERS", "http://a,,http://b", "http://HOST:PORT"},
		{"a URL that stands twice", "PACKAGERS", "http://a,http://a/", "twice"},
		{"an origin that is neither URL nor none", "ORIGIN_URL", "nowhere", "or none"},
		{"an address that is a name", "BIND_ADDRESS", "example.org", "IP address"},
		{"an address with a port", "CONTROL_BIND_ADDRESS", "127.0.0.1:80", "IP address"},
		{"a duration without its unit", "TEST_WAIT", "10", "number with a unit"},
		{"a number that is none", "TEST_COUNT", "ten", "not a number"},
		{"a number that a rule forbids", "TEST_COUNT", "-1", "1 or more"},
		{"a switch that is none", "TEST_ON", "maybe", "true and false"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parse(Environment{"HOME": "/home/op", c.variable: c.value})
			var bad *ConfigError
			if !errors.As(err, &bad) {
				t.Fatalf("got %v, want a ConfigError", err)
			}
			p := bad.Problems[0]
			if p.Variable != c.variable || p.Value != c.value || !strings.Contains(p.Allowed, c.allowed) {
				t.Errorf("got %+v, want %s=%q and %q", p, c.variable, c.value, c.allowed)
			}
		})
	}
}

func TestAllBadVariablesAreInOneError(t *testing.T) {
	_, err := parse(Environment{"ORIGIN_PORT": "many", "PACKAGERS": "x", "TEST_WAIT": "soon", "ORIGIN_URL": "y"})
	var bad *ConfigError
	if !errors.As(err, &bad) {
		t.Fatalf("got %v, want a ConfigError", err)
	}
	got := map[string]bool{}
	for _, p := range bad.Problems {
		got[p.Variable] = true
		if want := p.Variable + "="; !strings.Contains(err.Error(), want) {
			t.Errorf("got %q, want %s in it", err, want)
		}
	}
	want := map[string]bool{"ORIGIN_PORT": true, "PACKAGERS": true, "TEST_WAIT": true, "ORIGIN_URL": true, "STATE_PATH": true, "CACHE_PATH": true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
}

func TestSettingsOfTheSameFieldNameKeepTheirOwnVariables(t *testing.T) {
	var c struct {
		One struct {
			Wait time.Duration `env:"ONE_WAIT" doc:"d"`
		}
		Two struct {
			Wait time.Duration `env:"TWO_WAIT" doc:"d"`
		}
	}
	for _, variable := range []string{"ONE_WAIT", "TWO_WAIT"} {
		var p Problems
		Parse(Environment{variable: "soon"}, &c, &p)
		if err := p.Err(); err == nil || !strings.Contains(err.Error(), variable+`="soon"`) {
			t.Errorf("got %v, want %s named", err, variable)
		}
	}
}

func TestCommonFromEnv(t *testing.T) {
	if c, err := CommonFromEnv(Environment{}); err != nil || c.LogFormat != "text" || c.LogLevel != "info" || c.Drain != 2*time.Second || c.Socket != "" {
		t.Errorf("defaults: got %+v, %v", c, err)
	}
	_, err := CommonFromEnv(Environment{"LOG_FORMAT": "xml", "LOG_LEVEL": "loud", "DRAIN_TIMEOUT": "-1s"})
	for _, want := range []string{`LOG_FORMAT="xml"`, `LOG_LEVEL="loud"`, `DRAIN_TIMEOUT="-1s"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s in it", err, want)
		}
	}
}

func TestEverySettingIsListedWithItsDoc(t *testing.T) {
	list := Settings(config{})
	if list[0].Variable != "SERVER_ONE_PORT" || list[0].Default != "8080" {
		t.Errorf("first: got %+v, want SERVER_ONE_PORT with 8080: the order of the fields", list[0])
	}
	found := false
	for _, s := range list {
		if s.Doc == "" {
			t.Errorf("%s has no doc", s.Variable)
		}
		found = found || s.Variable == "TEST_WAIT" && s.Default == "3s"
	}
	if !found {
		t.Errorf("got %+v, want TEST_WAIT with 3s in it", list)
	}
}

func TestEnvironmentList(t *testing.T) {
	got := Environment{"B": "2", "A": "1=1", "C": ""}.List()
	if diff := cmp.Diff([]string{"A=1=1", "B=2", "C="}, got); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
}

func TestNoErrorShowsASecret(t *testing.T) {
	for _, c := range []struct{ name, value string }{
		{"credentials", "http://op:hush@a"},
		{"credentials with a comma", "http://op:hush,hush@a,http://b"},
		{"credentials with a slash", "http://op:hush/hush@a"},
		{"credentials in what is no URL", "http://op:hush%zz@a"},
		{"a query", "http://a?token=hush"},
	} {
		for _, variable := range []string{"PACKAGERS", "REPORTER_URL", "ORIGIN_URL"} {
			_, err := parse(Environment{variable: c.value})
			if err == nil || strings.Contains(err.Error(), "hush") || !strings.Contains(err.Error(), variable+"=") {
				t.Errorf("%s: got %v, want an error that names %s and does not show the secret", c.name, err, variable)
			}
		}
	}
}

// TestTheSettingsOfAHandOver holds the tags of Common to the contract.
func TestTheSettingsOfAHandOver(t *testing.T) {
	list := Settings(Common{})
	for _, name := range []string{handover.SocketVariable, handover.TimeoutVariable, handover.ReadyVariable} {
		if !slices.ContainsFunc(list, func(s Setting) bool { return s.Variable == name }) {
			t.Errorf("got %v, want %s among them", list, name)
		}
	}
}
