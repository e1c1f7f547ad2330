package discovery

import (
	"strings"
	"testing"
	"time"

	"livestream-tui/services/kit/service"
)

func TestConfigFromEnv(t *testing.T) {
	c, err := ConfigFromEnv(service.Environment{"HOME": "/h"})
	if err != nil || c.Patience != 10*time.Second || c.Paths.Output != "output" {
		t.Errorf("defaults: got %+v, %v", c, err)
	}
	_, err = ConfigFromEnv(service.Environment{"HOME": "/h", "REPORTER_PATIENCE": "0s", "PACKAGERS": "x"})
	for _, want := range []string{`REPORTER_PATIENCE="0s"`, `PACKAGERS="x"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s in it", err, want)
		}
	}
}
