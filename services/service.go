package services

import (
	"cmp"
	"maps"
	"os"

	"github.com/mattn/go-isatty"

	"livestream-tui/services/kit/service"
	"livestream-tui/services/worker"
)

// Service is a service that a command runs.
type Service struct {
	// Name is the command, and the name in layouts; About says what it does in a few words.
	Name, About string
	// nameVariable names the instance in logs; empty means Name.
	nameVariable string
	// preset adds variables that make the service a particular one; nil adds nothing.
	preset func(service.Environment) service.Environment
	opener
}

// opener reads the settings of a service and makes it.
type opener struct {
	// settings is a Config, for the table of settings.
	settings any
	// open reads the settings; the function that it returns makes the service.
	open func(service.Environment) (func(service.Kit) (service.Service, error), error)
}

// with makes an opener of a service's package: all of them have this shape.
func with[C any, S service.Service](read func(service.Environment) (C, error), build func(C, service.Kit) (S, error)) opener {
	var zero C
	return opener{zero, func(e service.Environment) (func(service.Kit) (service.Service, error), error) {
		config, err := read(e)
		if err != nil {
			return nil, err
		}
		return func(k service.Kit) (service.Service, error) {
			s, err := build(config, k)
			if err != nil {
				return nil, err // not s: a nil pointer in an interface is not nil
			}
			return s, nil
		}, nil
	}}
}

// workerConfig has the worker draw progress where it runs on a terminal.
func workerConfig(e service.Environment) (worker.Config, error) {
	c, err := worker.ConfigFromEnv(e)
	c.Terminal = e["LOG_FORMAT"] != "json" && isatty.IsTerminal(os.Stderr.Fd())
	return c, err
}

// asPackager presets the name of a packager, and its port from portVariable. A bad port is
// left out here: it is reported as a problem of portVariable alone.
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
	// Name is that of the instance, in logs.
	Name string
	// Env is the environment with the preset.
	Env    service.Environment
	Common service.Common
	// New makes the service.
	New func(service.Kit) (service.Service, error)
}

// Prepare reads every setting of the service, the common ones and its own. The error is a
// *service.ConfigError with all problems.
func (s Service) Prepare(e service.Environment) (Prepared, error) {
	if s.preset != nil {
		e = s.preset(e)
	}
	p := Prepared{Name: cmp.Or(e[s.nameVariable], s.Name), Env: e}
	var err, err2 error
	p.Common, err = service.CommonFromEnv(e)
	p.New, err2 = s.open(e)
	return p, service.JoinProblems(err, err2)
}
