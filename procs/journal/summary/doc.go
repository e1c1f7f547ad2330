// Package summary turns the events of a journal into what is asked for in the morning: the
// availability of each signal, outages with their causes, failovers, and the times in which
// no platform ran. It also writes this as Markdown and as HTML. It is pure: it has no clock
// and reads no files.
package summary
