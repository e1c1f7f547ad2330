package service

import (
	"io"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Common is the settings of every service.
type Common struct {
	LogFormat string `env:"LOG_FORMAT" envDefault:"text" doc:"text for people, json for a supervisor"`
	LogLevel  string `env:"LOG_LEVEL" envDefault:"info" doc:"trace, debug, info, warn or error"`
	// Socket is the unix socket that serves health and metrics to the supervisor; empty
	// for no socket. A supervisor that listens there itself hands down the connections.
	Socket string `env:"SERVICE_SOCKET" doc:"unix socket for health, readiness and metrics; set by the supervisor"`
	// Drain is how long open responses may go on after a stop was requested;
	// zero breaks them off at once.
	Drain time.Duration `env:"DRAIN_TIMEOUT" envDefault:"2s" doc:"how long open responses may go on at a stop"`
	// Handover is how long connections may go on after another incarnation has
	// taken over the socket; zero breaks them off at once.
	Handover time.Duration `env:"HANDOVER_TIMEOUT" envDefault:"10s" doc:"how long connections may go on after another incarnation of the service has taken over"`
	// ReadyWait is how long an inherited socket is not answered while the service is
	// not ready; zero answers at once.
	ReadyWait time.Duration `env:"READY_WAIT" envDefault:"3s" doc:"how long a service that was handed its listening socket waits to be ready before it answers there"`
}

// CommonFromEnv reads the settings that every service has.
func CommonFromEnv(e Environment) (Common, error) {
	var c Common
	var p Problems
	Parse(e, &c, &p)
	p.Require(c.LogFormat == "text" || c.LogFormat == "json", "LOG_FORMAT", c.LogFormat, "allowed are text and json")
	p.Require(hclog.LevelFromString(c.LogLevel) != hclog.NoLevel, "LOG_LEVEL", c.LogLevel, "allowed are trace, debug, info, warn and error")
	p.Require(c.Drain >= 0, "DRAIN_TIMEOUT", c.Drain, "allowed is 0s or more")
	p.Require(c.Handover >= 0, "HANDOVER_TIMEOUT", c.Handover, "allowed is 0s or more")
	p.Require(c.ReadyWait >= 0, "READY_WAIT", c.ReadyWait, "allowed is 0s or more")
	return c, p.Err()
}

// Kit is what every service is given.
type Kit struct {
	// Name is the instance's name in logs and on the screen: "server1".
	Name string
	Log  hclog.Logger
	// Metrics takes the service's own metrics; it already holds Go's and the process's.
	Metrics Registry
	// Env is the whole environment, for settings and for child processes.
	Env Environment
}

// Registry takes metrics and gathers them; *prometheus.Registry is one.
type Registry interface {
	prometheus.Registerer
	prometheus.Gatherer
}

// NewKit makes the kit of the service called name, which logs to w.
func NewKit(name string, c Common, e Environment, w io.Writer) Kit {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return Kit{
		Name: name,
		Log: hclog.New(&hclog.LoggerOptions{
			Name:       name,
			Level:      hclog.LevelFromString(c.LogLevel),
			Output:     w,
			JSONFormat: c.LogFormat == "json",
			TimeFormat: timeFormat(c.LogFormat),
		}),
		Metrics: registry,
		Env:     e,
	}
}

func timeFormat(format string) string {
	if format == "json" {
		return "2006-01-02T15:04:05.000000Z07:00"
	}
	return "2006-01-02 15:04:05"
}

// Supervision is the settings of the supervisor alone: no service is given them.
type Supervision struct {
	// OnEvent is a shell command that is run on each event of the journal; empty for none.
	OnEvent string `env:"ON_EVENT" doc:"shell command that the supervisor runs on each event of the journal, which is JSON on its standard input; one at a time, for 10 s at most"`
	// MetricsPort is where the supervisor serves the metrics of all; 0 means nowhere.
	MetricsPort Port `env:"METRICS_PORT" doc:"port where the supervisor serves /metrics, with those of every service, to whoever reaches it: there is no token; empty: nowhere"`
	// MetricsBindAddress is the address of MetricsPort; empty means CONTROL_BIND_ADDRESS.
	MetricsBindAddress string `env:"METRICS_BIND_ADDRESS" doc:"address that METRICS_PORT listens on; beyond loopback only by your decision (default: CONTROL_BIND_ADDRESS)"`
	// LowDisk is how many bytes must be free on the disk of a folder; zero means any number.
	LowDisk int64 `env:"DISK_LOW_BYTES" envDefault:"1073741824" doc:"free bytes below which a disk that the platform writes to is low; 0: never"`
	// WebhookURLs are the receivers of alerts, separated by commas; empty means none.
	// WebhookFormat is one format for all of them, or one for each.
	WebhookURLs   string `env:"WEBHOOK_URL" doc:"addresses that alerts are POSTed to, comma-separated; in these a comma is %2C"`
	WebhookFormat string `env:"WEBHOOK_FORMAT" envDefault:"json" doc:"json, slack, discord or alertmanager: for all of WEBHOOK_URL, or one for each, comma-separated"`
	// WebhookSecret is the key of the signature; empty means that alerts are not signed.
	WebhookSecret string `env:"WEBHOOK_SECRET" doc:"key by which alerts are signed (HMAC-SHA-256); after whsec_ it is base64"`
	// WebhookStillOn is how often receivers are told that the stream is on air; zero means
	// never.
	WebhookStillOn time.Duration `env:"WEBHOOK_STILL_ON" envDefault:"0s" doc:"how often an alert says that the stream is still on air; 0s: never"`
	// ClusterAddress is where other machines reach this one. Empty means as before, and at the
	// first start what the token has, or 127.0.0.1, where no other machine reaches it.
	ClusterAddress string `env:"CLUSTER_ADDRESS" doc:"with a layout that has an engine: IP address or host name by which other machines reach this one (default: as before; at first 127.0.0.1, where none does)"`
	// ClusterToken is the token by which this machine joins at its first start; empty means that
	// it begins a cluster of its own, unless it has joined one.
	ClusterToken string `env:"CLUSTER_TOKEN" doc:"with a layout that has an engine: token by which this machine joins a cluster at its first start, from livestream-tui invite"`
}

// SupervisionFromEnv reads the settings of the supervisor.
func SupervisionFromEnv(e Environment) (Supervision, error) {
	var s Supervision
	var p Problems
	Parse(e, &s, &p)
	p.Require(s.MetricsBindAddress == "" || isAddress(s.MetricsBindAddress), "METRICS_BIND_ADDRESS", s.MetricsBindAddress, "not an address; allowed are an IP address and localhost")
	p.Require(s.LowDisk >= 0, "DISK_LOW_BYTES", s.LowDisk, "allowed is 0 or more")
	p.Require(s.WebhookStillOn == 0 || s.WebhookStillOn >= time.Second, "WEBHOOK_STILL_ON", s.WebhookStillOn, "allowed are 0s, and 1s or more")
	return s, p.Err()
}
