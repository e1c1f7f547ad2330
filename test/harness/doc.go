// Package harness starts the platform for tests: the built binary, settings with
// folders and ports of a test's own, a terminal, players, and waiting under a
// deadline. Only tests import it.
package harness
