// Package services is the list of what livestream-tui can run, one command each,
// and of every setting that they read.
package services

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/mattn/go-isatty"

	"livestream-tui/services/discovery"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/origin"
	"livestream-tui/services/packager"
	"livestream-tui/services/proxy"
	"livestream-tui/services/reporter"
	"livestream-tui/services/viewer"
	"livestream-tui/services/worker"
)

// Service is one that a command runs.
type Service struct {
	// Name is the command, and what a layout calls it; About says what it does in a
	// few words.
	Name, About string
	// preset adds variables that make the service a particular one; nil for none.
	preset func(service.Environment) service.Environment
	opener
}

// opener is what is needed of a service's package.
type opener struct {
	// settings is a Config, for the table of settings.
	settings any
	// open reads the settings; what it returns makes the service.
	open func(service.Environment) (func(service.Kit) (service.Service, error), error)
}

// with adapts a service's package; all of them have this shape.
func with[C any, S service.Service](read func(service.Environment) (C, error), make func(C, service.Kit) (S, error)) opener {
	var zero C
	return opener{zero, func(e service.Environment) (func(service.Kit) (service.Service, error), error) {
		config, err := read(e)
		if err != nil {
			return nil, err
		}
		return func(k service.Kit) (service.Service, error) {
			s, err := make(config, k)
			if err != nil {
				return nil, err // not s: a nil pointer in an interface is not nil
			}
			return s, nil
		}, nil
	}}
}

// All are the services, in the order of help.
func All() []Service {
	packagers := with(packager.ConfigFromEnv, packager.New)
	return []Service{
		{"worker", "the encoder: turns films into live signals", nil, with(workerConfig, worker.New)},
		{"packager", "a packager: publishes the signals over HTTP", nil, packagers},
		{"server1", "the packager at SERVER_ONE_PORT", asPackager("server1", "SERVER_ONE_PORT"), packagers},
		{"server2", "the packager at SERVER_TWO_PORT", asPackager("server2", "SERVER_TWO_PORT"), packagers},
		{"reporter", "keeps what discovery found out", nil, with(reporter.ConfigFromEnv, reporter.New)},
		{"discovery", "finds signals and watches the packagers", nil, with(discovery.ConfigFromEnv, discovery.New)},
		{"origin", "knows which packager to play a signal from", nil, with(origin.ConfigFromEnv, origin.New)},
		{"proxy", "what players talk to", nil, with(proxy.ConfigFromEnv, proxy.New)},
		{"viewer", "a player without a screen: what the audience sees", nil, with(viewer.ConfigFromEnv, viewer.New)},
	}
}

// Find is the service of that name; false where there is none.
func Find(name string) (Service, bool) {
	for _, s := range All() {
		if s.Name == name {
			return s, true
		}
	}
	return Service{}, false
}

// workerConfig draws progress on a terminal, and only there.
func workerConfig(e service.Environment) (worker.Config, error) {
	c, err := worker.ConfigFromEnv(e)
	c.Terminal = e["LOG_FORMAT"] != "json" && isatty.IsTerminal(os.Stderr.Fd())
	return c, err
}

// asPackager presets the packager's name, and its port from portVariable. A port
// that is none stays the one variable's problem.
func asPackager(name, portVariable string) func(service.Environment) service.Environment {
	return func(e service.Environment) service.Environment {
		e = maps.Clone(e)
		e["PACKAGER_NAME"] = name
		port := e[portVariable]
		for _, s := range service.Settings(service.Topology{}) {
			if s.Variable == portVariable {
				port = cmp.Or(port, s.Default)
			}
		}
		if new(service.Port).UnmarshalText([]byte(port)) == nil {
			e["PACKAGER_PORT"] = port
		}
		return e
	}
}

// Prepared is a service whose settings are read.
type Prepared struct {
	// Name is the instance's, in logs.
	Name string
	// Env is the environment with what makes the service a particular one.
	Env    service.Environment
	Common service.Common
	// New makes the service.
	New func(service.Kit) (service.Service, error)
}

// Prepare reads every setting of the service: the common ones and its own. The
// error is a *service.ConfigError with all that is wrong.
func (s Service) Prepare(e service.Environment) (Prepared, error) {
	if s.preset != nil {
		e = s.preset(e)
	}
	p := Prepared{Name: s.Name, Env: e}
	if s.Name == "packager" {
		p.Name = cmp.Or(e["PACKAGER_NAME"], s.Name)
	}
	var err, err2 error
	p.Common, err = service.CommonFromEnv(e)
	p.New, err2 = s.open(e)
	return p, service.JoinProblems(err, err2)
}

// Settings are every variable that is read: the shared ones first, then each
// service's own, which may be there several times.
func Settings() []service.Setting {
	list := slices.Concat(service.Settings(service.Paths{}), service.Settings(service.Topology{}), service.Settings(service.Common{}))
	for _, s := range All() {
		list = append(list, service.Settings(s.settings)...)
	}
	return list
}

// SettingNames are the variables of Settings.
func SettingNames() []string {
	var names []string
	for _, s := range Settings() {
		names = append(names, s.Variable)
	}
	return names
}

// Reads are the variables that a service reads: those that all share, and its own.
func Reads(name string) []string {
	list := slices.Concat(service.Settings(service.Paths{}), service.Settings(service.Topology{}), service.Settings(service.Common{}))
	if s, ok := Find(name); ok {
		list = append(list, service.Settings(s.settings)...)
	}
	var names []string
	for _, s := range list {
		names = append(names, s.Variable)
	}
	return names
}

// SettingsTable is every setting, each once, as a table in Markdown.
func SettingsTable() string {
	var b strings.Builder
	b.WriteString("Every setting is an environment variable. An empty one counts as not set.\n\n")
	b.WriteString("| variable | default | |\n|---|---|---|\n")
	seen := map[string]bool{}
	for _, s := range Settings() {
		if !seen[s.Variable] {
			seen[s.Variable] = true
			value := s.Default
			if value != "" {
				value = "`" + value + "`"
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", s.Variable, value, s.Doc)
		}
	}
	return b.String()
}
