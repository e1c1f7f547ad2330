// Package bus is the Bus of a cluster over the engine (core NATS), and the connection that
// the Store uses as well. Without an engine nothing is lost but messages: a connection that
// cannot be made is tried for ever, and nobody waits for it.
package bus
