// Package event holds what a service tells of itself while it runs: lines of log, and
// the events that travel in them. The supervisor, the dashboard and the drill read them
// without knowing the service.
package event
