package viewer

import (
	"fmt"
	"strings"
	"time"

	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/service"
	"livestream-tui/services/kit/token"
)

// Config is the viewer's settings.
type Config struct {
	service.Topology

	// ProxyURL is the base URL of the proxy, exactly one. Default: PROXY_PORT on
	// localhost.
	ProxyURL service.URLs `env:"PROXY_URL" doc:"base URL of the proxy that the viewer plays from (default: PROXY_PORT on localhost)"`
	// Signals are played whether or not the origin names them; required where ORIGIN_URL is
	// none.
	Signals []string `env:"VIEWER_SIGNALS" doc:"signals that the viewer plays beside those that the origin names, comma-separated"`
	// Forget is how long the viewer goes on watching a signal that does not play and that
	// the origin no longer names. Zero means not at all.
	Forget time.Duration `env:"VIEWER_FORGET" envDefault:"1m" doc:"how long the viewer waits for a signal that the origin has ceased to name"`
	// Keys sign the viewer's own tokens; without them it plays without one.
	Keys token.Keys `env:"PLAYBACK_KEYS" doc:"keys of playback tokens, as the proxy has them"`
}

// ConfigFromEnv reads the viewer's settings; a *service.ConfigError names every bad one.
func ConfigFromEnv(e service.Environment) (Config, error) {
	var c Config
	var p service.Problems
	service.Parse(e, &c, &p)
	c.Complete(&p)
	if len(c.ProxyURL) == 0 {
		c.ProxyURL = service.URLs{fmt.Sprintf("http://localhost:%d", c.ProxyPort)}
	}
	p.Require(len(c.ProxyURL) == 1, "PROXY_URL", c.ProxyURL, "allowed is one base URL")
	for _, name := range c.Signals {
		p.Require(report.IsSignal(name), "VIEWER_SIGNALS", strings.Join(c.Signals, ","), "allowed are names of letters, digits, _ and -, separated by commas")
	}
	p.Require(len(c.Signals)+len(c.Origins) > 0 || c.OriginURL != "none", "VIEWER_SIGNALS", "", "must name the signals where ORIGIN_URL is none")
	p.Require(c.Forget >= 0, "VIEWER_FORGET", c.Forget, "allowed is 0s or more")
	return c, p.Err()
}
