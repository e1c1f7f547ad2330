package origin

import (
	"strings"
	"testing"
	"time"

	"livestream-tui/services/kit/service"
)

func TestConfigFromEnv(t *testing.T) {
	c, err := ConfigFromEnv(service.Environment{})
	if err != nil || c.FailbackAfter != 30*time.Second || c.TTL != 10*time.Second || c.Address() != "127.0.0.1:8001" {
		t.Errorf("defaults: got %+v at %s, %v", c, c.Address(), err)
	}
	_, err = ConfigFromEnv(service.Environment{"FAILBACK_AFTER": "-1s", "REPORT_TTL": "0s", "ORIGIN_PORT": "x", "ADMIN_TOKEN": "guess me"})
	for _, want := range []string{`FAILBACK_AFTER="-1s"`, `REPORT_TTL="0s"`, `ORIGIN_PORT="x"`, `ADMIN_TOKEN="********"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s in it", err, want)
		}
	}
}
