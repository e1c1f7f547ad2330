package service

import "fmt"

// Topology is the ports of the platform's services and the URLs that follow from them.
// Every config that needs one of its settings holds all of it, so that a default is
// written once.
type Topology struct {
	ServerOnePort Port `env:"SERVER_ONE_PORT" envDefault:"8080" doc:"port of packager server1"`
	ServerTwoPort Port `env:"SERVER_TWO_PORT" envDefault:"9090" doc:"port of packager server2"`
	ReporterPort  Port `env:"REPORTER_PORT" envDefault:"2000" doc:"port of the reporter"`
	OriginPort    Port `env:"ORIGIN_PORT" envDefault:"8001" doc:"port of the origin"`
	ProxyPort     Port `env:"PROXY_PORT" envDefault:"8002" doc:"port of the proxy, the one that players talk to"`
	ReceiverPort  Port `env:"RECEIVER_PORT" envDefault:"8010" doc:"port of the receiver, where workers read live signals"`

	// BindAddress is the proxy's, ControlBindAddress that of all other services.
	BindAddress        string `env:"BIND_ADDRESS" envDefault:"127.0.0.1" doc:"address that the proxy listens on; beyond loopback only by your decision"`
	ControlBindAddress string `env:"CONTROL_BIND_ADDRESS" envDefault:"127.0.0.1" doc:"address that every other service listens on"`

	// Packagers is every packager of the platform, in order. Default: server1
	// and server2 on localhost.
	Packagers URLs `env:"PACKAGERS" doc:"base URLs of the packagers, comma-separated (default: server1 and server2 on localhost)"`
	// ReporterURL is every reporter; the first that answers is used.
	ReporterURL URLs `env:"REPORTER_URL" doc:"base URLs of the reporters (default: REPORTER_PORT on localhost)"`
	// OriginURL is every origin, or the single word none.
	OriginURL string `env:"ORIGIN_URL" doc:"base URLs of the origins, or none for a proxy alone (default: ORIGIN_PORT on localhost)"`

	// Origins is OriginURL parsed, empty when that is none. Set by Complete.
	Origins URLs
}

// Complete fills the defaults that follow from other settings and adds bad values to
// problems. Call it after Parse.
func (t *Topology) Complete(problems *Problems) {
	local := func(p Port) string { return fmt.Sprintf("http://localhost:%d", p) }
	if len(t.Packagers) == 0 {
		t.Packagers = URLs{local(t.ServerOnePort), local(t.ServerTwoPort)}
	}
	if len(t.ReporterURL) == 0 {
		t.ReporterURL = URLs{local(t.ReporterPort)}
	}
	switch t.OriginURL {
	case "none":
	case "":
		t.Origins = URLs{local(t.OriginPort)}
		t.OriginURL = t.Origins.String()
	default:
		if err := t.Origins.UnmarshalText([]byte(t.OriginURL)); err != nil {
			problems.Add("ORIGIN_URL", t.OriginURL, err.Error()+", or none")
		}
	}
	for _, b := range []struct{ name, value string }{
		{"BIND_ADDRESS", t.BindAddress}, {"CONTROL_BIND_ADDRESS", t.ControlBindAddress},
	} {
		if !isAddress(b.value) {
			problems.Add(b.name, b.value, "not an address; allowed are an IP address and localhost")
		}
	}
}
