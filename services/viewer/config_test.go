package viewer

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/services/kit/service"
)

func TestConfigFromEnv(t *testing.T) {
	for _, c := range []struct {
		name string
		env  service.Environment
		bad  []string
	}{
		{"nothing set", nil, nil},
		{"a proxy alone", service.Environment{"ORIGIN_URL": "none", "VIEWER_SIGNALS": "live01,live02"}, nil},
		{"a proxy alone and nothing to play", service.Environment{"ORIGIN_URL": "none"}, []string{"VIEWER_SIGNALS"}},
		{"everything bad", service.Environment{"PROXY_URL": "http://a,http://b", "VIEWER_SIGNALS": "a/b", "VIEWER_FORGET": "-1s"},
			[]string{"PROXY_URL", "VIEWER_SIGNALS", "VIEWER_FORGET"}},
		{"no durations and no URLs", service.Environment{"PROXY_URL": "proxy", "VIEWER_FORGET": "soon"}, []string{"PROXY_URL", "VIEWER_FORGET"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ConfigFromEnv(c.env)
			var bad []string
			var config *service.ConfigError
			if errors.As(err, &config) {
				for _, p := range config.Problems {
					bad = append(bad, p.Variable)
				}
			}
			slices.Sort(bad)
			slices.Sort(c.bad)
			if diff := cmp.Diff(c.bad, bad); diff != "" {
				t.Errorf("bad variables: want (-), got (+):\n%s", diff)
			}
		})
	}
	c, err := ConfigFromEnv(service.Environment{"PROXY_PORT": "18002"})
	if err != nil || c.ProxyURL.String() != "http://localhost:18002" {
		t.Errorf("got %s, %v, want the proxy's port on localhost", c.ProxyURL, err)
	}
}
