package cli

import (
	"maps"
	"os"

	"livestream-tui/procs/socket"
	"livestream-tui/procs/systemd"
	"livestream-tui/services/kit/handover"
)

// serviceManager returns the service manager that has started this process, nil for none,
// and the listening sockets that it has passed. The processes of the platform do not get
// its variables: they would speak for this one. Call it before anything is started.
func (a *app) serviceManager() (*systemd.Manager, []*os.File, error) {
	manager, err := systemd.New(a.env)
	if err != nil {
		return nil, nil, err
	}
	sockets, err := socket.Passed(a.env)
	if err != nil {
		return nil, nil, err
	}
	a.env = maps.Clone(a.env)
	for _, name := range append(systemd.Variables(), handover.CountVariable, handover.NamesVariable, handover.PIDVariable) {
		delete(a.env, name)
	}
	return manager, sockets, nil
}
