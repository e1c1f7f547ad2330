// Package events keeps the last failovers and changes of mode, and serves them to operators
// as JSON and as server-sent events.
package events
