// Package health turns observations of packagers into states, and states into
// an order of preference. It is pure: no clock, no network, no goroutine. Used
// by discovery, origin and proxy.
package health
