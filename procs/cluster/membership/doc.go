// Package membership takes a machine into a cluster, and removes one for good. Each step says
// what it does, takes a bounded time, and leaves nothing half done.
package membership
