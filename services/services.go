package services

import (
	"livestream-tui/services/discovery"
	"livestream-tui/services/engine"
	"livestream-tui/services/origin"
	"livestream-tui/services/packager"
	"livestream-tui/services/proxy"
	"livestream-tui/services/receiver"
	"livestream-tui/services/reporter"
	"livestream-tui/services/viewer"
	"livestream-tui/services/worker"
)

// All are the services, in the order of help. A new service is a folder with a Config, a
// ConfigFromEnv and a New, a line here, and a line in layouts.Catalogue.
func All() []Service {
	return []Service{
		{"receiver", "takes live inputs, and makes one timeline of each signal", "", nil, with(receiver.ConfigFromEnv, receiver.New)},
		{"worker", "the encoder: turns films into live signals", "", nil, with(workerConfig, worker.New)},
		{"packager", "a packager: publishes the signals over HTTP", "PACKAGER_NAME", nil, with(packager.ConfigFromEnv, packager.New)},
		{"server1", "the packager at SERVER_ONE_PORT", "PACKAGER_NAME", asPackager("server1", "SERVER_ONE_PORT"), with(packager.ConfigFromEnv, packager.New)},
		{"server2", "the packager at SERVER_TWO_PORT", "PACKAGER_NAME", asPackager("server2", "SERVER_TWO_PORT"), with(packager.ConfigFromEnv, packager.New)},
		{"reporter", "stores the reports of discovery", "", nil, with(reporter.ConfigFromEnv, reporter.New)},
		{"discovery", "finds signals and watches the packagers", "", nil, with(discovery.ConfigFromEnv, discovery.New)},
		{"origin", "decides which packager to prefer for each signal", "", nil, with(origin.ConfigFromEnv, origin.New)},
		{"proxy", "the server that players talk to", "", nil, with(proxy.ConfigFromEnv, proxy.New)},
		{"viewer", "a player without a screen: reports what the audience sees", "", nil, with(viewer.ConfigFromEnv, viewer.New)},
		{"engine", "the engine of a cluster: carries messages between machines, and what they agree on", "", nil, with(engine.ConfigFromEnv, engine.New)},
	}
}

// Find returns the service of that name, and false when it does not exist.
func Find(name string) (Service, bool) {
	for _, s := range All() {
		if s.Name == name {
			return s, true
		}
	}
	return Service{}, false
}
