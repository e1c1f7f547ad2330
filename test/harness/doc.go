// Package harness starts the platform for tests: the built binary, settings with
// folders and ports of the test's own, a terminal, players, and waits with a deadline.
// Only tests import it.
package harness
