package proxy

import (
	"slices"
	"testing"
)

func TestTheProxyAlone(t *testing.T) {
	c, err := ConfigFromEnv(map[string]string{"ORIGIN_URL": "none", "PACKAGERS": "http://a,http://b", "STATE_PATH": t.TempDir(), "HOME": t.TempDir()})
	if err != nil || len(c.Origins) != 0 || !slices.Equal([]string(c.Packagers), []string{"http://a", "http://b"}) {
		t.Errorf("got %v, %v and %v", c.Origins, c.Packagers, err)
	}
}
