// Package engine runs the engine of a cluster: a server of NATS in this process, with the
// Store on this machine's disk. One engine is alone; three agree with each other. Nothing that
// players wait for needs it.
package engine
