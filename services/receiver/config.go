package receiver

import (
	"cmp"
	"net"
	"strconv"
	"time"

	"livestream-tui/services/cluster/bus"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/signals"
	"livestream-tui/services/receiver/keys"
)

// Config is the receiver's settings.
type Config struct {
	service.Topology
	service.Paths

	// Bus is how machines of a cluster are reached; without an engine there is none.
	Bus bus.Config
	// Receivers are the base URLs of the receivers of all machines, this one's too, in the same
	// order everywhere. Fewer than two mean that it has the signals to itself.
	Receivers service.URLs `env:"RECEIVER_URL" doc:"base URLs of the receivers whose live signals the worker airs beside the films, comma-separated, in the same order on every machine (default: none)"`
	// Signals are the live signals. The supervisor passes on those of the layout; empty means
	// none.
	Signals signals.List `env:"SIGNALS" doc:"live signals in JSON; set by the supervisor from the layout's signals"`
	// RTMPPort is where encoders connect over RTMP. Default: 1935.
	RTMPPort service.Port `env:"RTMP_PORT" envDefault:"1935" doc:"port that takes live inputs over RTMP"`
	// RTMPSPort is the same over TLS, with RTMPCert and RTMPKey. Zero means that there is none.
	RTMPSPort service.Port `env:"RTMPS_PORT" doc:"port that takes live inputs over RTMPS; empty: none"`
	RTMPCert  string       `env:"RTMP_TLS_CERT" doc:"file with the certificate chain of RTMPS_PORT, in PEM"`
	RTMPKey   string       `env:"RTMP_TLS_KEY" doc:"file with the key of that certificate, in PEM"`
	// SRTPort is that of the first SRT input whose layout gives none; the second has the next
	// number, and so on. Default: 8890.
	SRTPort service.Port `env:"SRT_PORT" envDefault:"8890" doc:"UDP port of the first SRT input to which the layout gives none; the next ones follow"`
	// LiveBind is where encoders connect. Empty means BIND_ADDRESS.
	LiveBind string `env:"LIVE_BIND_ADDRESS" doc:"address that takes live inputs; 0.0.0.0 is every address of this machine (default: BIND_ADDRESS)"`
	// LiveHost is the name or address of LiveBind to show to people. Empty means LiveBind, or
	// the machine's first address where that is every one.
	LiveHost string `env:"LIVE_HOST" doc:"name or address by which encoders reach this machine, as it is shown (default: LIVE_BIND_ADDRESS, or the first address of this machine)"`
	// LossAfter is how long the input on air may send nothing before it is left. Default: 1s.
	LossAfter time.Duration `env:"INPUT_LOSS_AFTER" envDefault:"1s" doc:"how long a live input may send no picture before another one is taken; a signal's loss_after wins"`
	// ReturnAfter is how long a better input must have been good before it is taken again.
	// Default: 5s.
	ReturnAfter time.Duration `env:"INPUT_RETURN_AFTER" envDefault:"5s" doc:"how long a better live input must have been good before it is taken again; a signal's return_after wins"`
	// FFmpeg and FFprobe are commands, which New looks up in PATH.
	FFmpeg  string `env:"FFMPEG_PATH" envDefault:"ffmpeg" doc:"the FFmpeg command"`
	FFprobe string `env:"FFPROBE_PATH" envDefault:"ffprobe" doc:"the ffprobe command"`
	// AdminToken lets an operator choose inputs over TCP. Empty lets nobody.
	AdminToken string `env:"ADMIN_TOKEN" doc:"bearer token of the routes that command a service over TCP: the origin's /failover and /hold, the receiver's /feeds/SIGNAL/input (default: the supervisor makes one up at each start; a service without a supervisor cannot be commanded)"`
}

// leastLoss is the least LossAfter.
const leastLoss = 100 * time.Millisecond

// ConfigFromEnv reads the receiver's settings; a *service.ConfigError names every bad one.
func ConfigFromEnv(e service.Environment) (Config, error) {
	var c Config
	var p service.Problems
	service.Parse(e, &c, &p)
	c.Topology.Complete(&p)
	c.Paths.Complete(e, &p)
	c.Bus.Complete(&p)
	c.LiveBind = cmp.Or(c.LiveBind, c.BindAddress)
	c.Signals = c.Signals.WithPorts(int(c.SRTPort))
	p.Require(c.LiveBind == "localhost" || net.ParseIP(c.LiveBind) != nil, "LIVE_BIND_ADDRESS", c.LiveBind, "not an address; allowed are an IP address and localhost")
	p.Require(c.LossAfter >= leastLoss, "INPUT_LOSS_AFTER", c.LossAfter, "allowed is 100ms or more")
	p.Require(c.ReturnAfter >= 0, "INPUT_RETURN_AFTER", c.ReturnAfter, "allowed is 0s or more")
	p.Require((c.RTMPSPort == 0) == (c.RTMPCert == ""), "RTMP_TLS_CERT", c.RTMPCert, "it is needed with RTMPS_PORT, and only there")
	p.Require((c.RTMPSPort == 0) == (c.RTMPKey == ""), "RTMP_TLS_KEY", c.RTMPKey, "it is needed with RTMPS_PORT, and only there")
	for _, s := range c.Signals {
		p.Require(s.LossAfter == 0 || s.LossAfter >= leastLoss, "SIGNALS", s.Name, "its loss_after is below 100ms")
	}
	return c, p.Err()
}

// Address is where workers read feeds.
func (c Config) Address() string {
	return net.JoinHostPort(c.ControlBindAddress, strconv.Itoa(int(c.ReceiverPort)))
}

// Places are where encoders send, as it is shown.
func (c Config) Places() keys.Places {
	return keys.Places{Host: cmp.Or(c.LiveHost, keys.HostOf(c.LiveBind)), RTMP: int(c.RTMPPort), RTMPS: int(c.RTMPSPort)}
}
