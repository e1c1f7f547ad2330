// Package api serves a platform on its control socket: Serve answers clients, and Dial
// returns a client that is a platform.Platform itself. Requests are HTTP on a Unix socket
// in the run folder; events are a stream of JSON lines. Over and Handler carry the same over
// another transport.
package api
