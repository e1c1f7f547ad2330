// Package fault is what a packager does wrong on purpose, for drills: a switch, and
// the middleware around the routes that does as the switch says.
package fault
