// Package network makes hosts of network namespaces and connects them by switches that can
// be cut, so that a test sees what happens between machines. Nothing of it can be seen from
// outside. It needs root and iproute2 on Linux; a test is skipped without them. Only tests
// import it.
package network
