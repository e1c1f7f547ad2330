// Package cluster runs three machines as network namespaces, with players on a host of their
// own, and takes machines, links, engines and clocks away from them. The viewer's rules
// judge what the players saw.
package cluster

import (
	"os"
	"testing"

	"livestream-tui/test/harness"
)

func TestMain(m *testing.M) {
	if child() {
		return
	}
	os.Exit(harness.Main(m))
}
