// Package store is the Store of a cluster with its writing side: small, slow, agreed. It may
// be unavailable for ten seconds at any time, so nothing that players wait for may use it:
// the proxy and the packagers cannot import this package (test/structure).
package store
