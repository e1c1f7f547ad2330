package packager

import (
	"strings"
	"testing"

	"livestream-tui/services/kit/service"
)

func TestConfigFromEnv(t *testing.T) {
	c, err := ConfigFromEnv(service.Environment{"HOME": "/nowhere"})
	if err != nil || c.Name != "packager" || c.Ingest != FromFolder || c.Window != 10 || c.Address() != "127.0.0.1:8080" {
		t.Errorf("defaults: got %+v at %s, %v", c, c.Address(), err)
	}
	for variable, bad := range map[string]string{
		"PACKAGER_NAME":        "a name",
		"PACKAGER_PORT":        "65536",
		"INGEST":               "ftp",
		"INGEST_TOKEN":         "two words",
		"OUTPUT_STREAM_PATH":   "none",
		"WINDOW_SEGMENTS":      "2",
		"CONTROL_BIND_ADDRESS": "a host",
	} {
		_, err := ConfigFromEnv(service.Environment{"HOME": "/nowhere", variable: bad})
		if err == nil || !strings.Contains(err.Error(), variable+"=") {
			t.Errorf("%s=%s: got %v, want the variable named", variable, bad, err)
		}
	}
}
