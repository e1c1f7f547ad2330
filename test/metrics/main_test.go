package metrics

import (
	"os"
	"testing"

	"livestream-tui/test/harness"
)

func TestMain(m *testing.M) { os.Exit(harness.Main(m)) }
