// Package event holds the events that a service reports while it runs. An Event is one of a
// closed set of kinds, each a type in a file of its own and a line in kinds. Events
// travel as fields of log lines (Emit, EventOf); another transport needs only Decode.
// The supervisor, the dashboard and the drill read them without knowing the service.
package event
