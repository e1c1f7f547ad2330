// Package api carries a platform over its control socket: Serve answers clients, Dial
// returns a client that is a platform.Platform itself. Requests are HTTP on a Unix socket
// in the run folder; events are a stream of JSON lines.
package api
