package proxy

import (
	"slices"
	"strings"
	"testing"
	"time"

	"livestream-tui/services/kit/service"
)

func TestConfigFromEnv(t *testing.T) {
	c, err := ConfigFromEnv(service.Environment{"HOME": "/nowhere"})
	if err != nil || c.CacheBytes != 1<<30 || c.Streams != 1000 || c.Idle != time.Minute || c.Address() != "127.0.0.1:8002" {
		t.Errorf("defaults: got %+v at %s, %v", c, c.Address(), err)
	}
	for variable, bad := range map[string]string{
		"PACKAGERS":         "a",
		"ORIGIN_URL":        "nowhere",
		"PROXY_CACHE_BYTES": "1048575",
		"PROXY_PLAYLISTS":   "0",
		"PROXY_IDLE":        "999ms",
		"PROXY_ADMIN":       "8002",
	} {
		_, err := ConfigFromEnv(service.Environment{"HOME": "/nowhere", variable: bad})
		if err == nil || !strings.Contains(err.Error(), variable+"=") {
			t.Errorf("%s=%s: got %v, want the variable named", variable, bad, err)
		}
	}
}

func TestTheProxyAlone(t *testing.T) {
	c, err := ConfigFromEnv(map[string]string{"ORIGIN_URL": "none", "PACKAGERS": "http://a,http://b", "STATE_PATH": t.TempDir(), "HOME": t.TempDir()})
	if err != nil || len(c.Origins) != 0 || !slices.Equal([]string(c.Packagers), []string{"http://a", "http://b"}) {
		t.Errorf("got %v, %v and %v", c.Origins, c.Packagers, err)
	}
}
