package local

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"livestream-tui/procs"
	"livestream-tui/procs/platform"
	"livestream-tui/procs/preflight"
	"livestream-tui/services/kit/report"
)

// Token implements platform.Platform. It signs with the first key of PLAYBACK_KEYS.
func (l *Local) Token(ctx context.Context, signal string) (string, error) {
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case !report.IsSignal(signal):
		return "", fmt.Errorf("signal %q: allowed are names of letters, digits, _ and -", signal)
	case len(l.playback) == 0:
		return "", nil
	}
	l.log.Info("made a playback token", "signal", signal, "lasts", platform.TokenLasts)
	return l.playback.Sign(signal, time.Now().Add(platform.TokenLasts)), nil
}

// showAccess adds to the snapshot how viewers come in: where the page is, and whether they
// need a token.
func (l *Local) showAccess(list []procs.Spec, ends []preflight.Endpoint) {
	l.model.Now.Tokens = len(l.playback) > 0
	for _, e := range ends {
		for _, s := range list {
			if e.Service == "proxy" && s.Name == e.Process {
				l.model.Now.PageURL = pageURL(e, settings(s.Env))
			}
		}
	}
}

// settings returns an environment by name.
func settings(list []string) map[string]string {
	env := make(map[string]string, len(list))
	for _, one := range list {
		name, value, _ := strings.Cut(one, "=")
		env[name] = value
	}
	return env
}

// pageURL returns the base URL of the proxy at e for browsers; empty without a page. env is
// the proxy's environment.
func pageURL(e preflight.Endpoint, env map[string]string) string {
	if serves, err := strconv.ParseBool(cmp.Or(env["PROXY_PAGE"], "true")); err == nil && !serves {
		return ""
	}
	host := ""
	switch {
	case env["PROXY_ACME_HOSTS"] != "":
		host, _, _ = strings.Cut(env["PROXY_ACME_HOSTS"], ",")
	case env["PROXY_TLS_CERT"] != "":
		host = certified(env["PROXY_TLS_CERT"], env["PROXY_TLS_KEY"], e.Host)
	default:
		return e.URL()
	}
	return "https://" + net.JoinHostPort(strings.TrimSpace(host), strconv.Itoa(e.Port))
}

// certified returns the name by which a browser accepts the certificate of the proxy at
// host: host itself, or else the first name of the certificate. Where it has none, or
// cannot be read, host is as good as any.
func certified(cert, key, host string) string {
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil || pair.Leaf.VerifyHostname(host) == nil {
		return host
	}
	for _, name := range pair.Leaf.DNSNames {
		if !strings.Contains(name, "*") {
			return name
		}
	}
	return host
}
