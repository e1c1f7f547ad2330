// Package fakenet is a network without sockets, for tests in fake time (testing/synctest),
// with servers on it that fail in all kinds of ways and media for them to serve.
package fakenet
