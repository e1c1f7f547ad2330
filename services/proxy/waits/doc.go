// Package waits measures how long players wait for their next byte, so that the gap of a
// failover is what players saw of it.
package waits
