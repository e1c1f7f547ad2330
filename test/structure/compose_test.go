package structure_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"livestream-tui/layouts"
	"livestream-tui/services"
)

// container is one service of a Compose file.
type container struct {
	Image       string         `yaml:"image"`
	Command     []string       `yaml:"command"`
	User        string         `yaml:"user"`
	Environment map[string]any `yaml:"environment"`
	Ports       []string       `yaml:"ports"`
	Volumes     []string       `yaml:"volumes"`
	DependsOn   []string       `yaml:"depends_on"`
	ExtraHosts  []string       `yaml:"extra_hosts"`
}

// composeFile is what a Compose file has.
type composeFile struct {
	Services map[string]container `yaml:"services"`
	Volumes  map[string]any       `yaml:"volumes"`
}

func compose(t *testing.T, file string) composeFile {
	t.Helper()
	var parsed composeFile
	if err := yaml.Unmarshal([]byte(read(t, file)), &parsed); err != nil {
		t.Fatal(err)
	}
	return parsed
}

// containers are the services of compose.yaml by name.
func containers(t *testing.T) map[string]container {
	t.Helper()
	return compose(t, "compose.yaml").Services
}

func TestComposeAndTheDefaultLayoutAreTheSamePlatform(t *testing.T) {
	layout, err := layouts.Load(layouts.Default)
	if err != nil {
		t.Fatal(err)
	}
	got := containers(t)
	var names []string
	for _, p := range layout.Processes {
		names = append(names, p.Name)
	}
	if got, want := slices.Sorted(maps.Keys(got)), slices.Sorted(slices.Values(names)); !slices.Equal(got, want) {
		t.Fatalf("services: got %v, want %v as in the layout", got, want)
	}
	wanted := addresses(t, layout)
	for _, p := range layout.Processes {
		t.Run(p.Name, func(t *testing.T) {
			c := got[p.Name]
			if want := []string{p.Service}; !slices.Equal(c.Command, want) {
				t.Errorf("command: got %v, want %v", c.Command, want)
			}
			if got, want := sorted(c.DependsOn), sorted(p.DependsOn); !slices.Equal(got, want) {
				t.Errorf("depends_on: got %v, want %v", got, want)
			}
			var ports []string
			if p.PortVariable != "" {
				ports = []string{fmt.Sprintf("127.0.0.1:%[1]d:%[1]d", p.PortDefault)}
			}
			if !slices.Equal(c.Ports, ports) {
				t.Errorf("ports: got %v, want %v", c.Ports, ports)
			}
			want := maps.Clone(wanted)
			maps.Copy(want, p.Environment)
			environment := map[string]string{}
			for name, value := range c.Environment {
				environment[name] = fmt.Sprint(value)
			}
			for name := range want {
				if environment[name] != want[name] {
					t.Errorf("environment: %s: got %q, want %q", name, environment[name], want[name])
				}
			}
			for name := range environment {
				if !isSetting(name) {
					t.Errorf("environment: %s is no setting", name)
				}
			}
		})
	}
}

// addresses are the variables by which the containers find each other, with the
// layout's ports: NAME_URL is where the service of that name is.
func addresses(t *testing.T, l layouts.Layout) map[string]string {
	t.Helper()
	env := map[string]string{"BIND_ADDRESS": "0.0.0.0", "CONTROL_BIND_ADDRESS": "0.0.0.0"}
	urls := map[string]string{}
	var packagers []string
	for _, p := range l.Processes {
		if p.PortVariable == "" {
			continue
		}
		env[p.PortVariable] = fmt.Sprint(p.PortDefault)
		urls[p.Service] = fmt.Sprintf("http://%s:%d", p.Name, p.PortDefault)
		if strings.HasPrefix(p.Service, "server") || p.Service == "packager" {
			packagers = append(packagers, urls[p.Service])
		}
	}
	env["PACKAGERS"] = strings.Join(packagers, ",")
	for _, s := range services.Settings() {
		if slices.Contains([]string{"PROXY_ACME_URL", "WEBHOOK_URL"}, s.Variable) {
			continue // of servers that are not the platform's
		}
		if service, ok := strings.CutSuffix(s.Variable, "_URL"); ok {
			url, known := urls[strings.ToLower(service)]
			if !known && slices.Contains([]string{"RECEIVER_URL", "ENGINE_URL"}, s.Variable) {
				continue // only layouts with live signals have a receiver, and only those of a cluster an engine
			}
			if !known {
				t.Errorf("setting %s: the layout has no service %s with a port", s.Variable, strings.ToLower(service))
			}
			env[s.Variable] = url
		}
	}
	return env
}

// TestComposePassesASecretToThoseWhoReadIt holds that the secrets of docker compose's own
// environment reach the containers that need them, and no others.
func TestComposePassesASecretToThoseWhoReadIt(t *testing.T) {
	for name, c := range containers(t) {
		for _, secret := range []string{"ADMIN_TOKEN", "PLAYBACK_KEYS"} {
			var want any
			if slices.Contains(services.Reads(c.Command[0]), secret) {
				want = "${" + secret + ":-}"
			}
			if got := c.Environment[secret]; got != want {
				t.Errorf("%s: %s: got %v, want %v", name, secret, got, want)
			}
		}
	}
}

func isSetting(name string) bool {
	for _, s := range services.Settings() {
		if s.Variable == name {
			return true
		}
	}
	return false
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

func TestEveryProcessOfTheDefaultLayoutIsACommand(t *testing.T) {
	layout, err := layouts.Load(layouts.Default)
	if err != nil {
		t.Fatal(err)
	}
	var commands []string
	for _, s := range services.All() {
		commands = append(commands, s.Name)
	}
	if got, want := sorted(layouts.ServiceNames()), sorted(commands); !slices.Equal(got, want) {
		t.Errorf("services that a layout may name: got %v, want the commands %v", got, want)
	}
	for _, p := range layout.Processes {
		if p.PortVariable != "" && !isSetting(p.PortVariable) {
			t.Errorf("%s: port variable %s is no setting", p.Name, p.PortVariable)
		}
	}
}
