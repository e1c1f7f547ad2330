// Package tui is the dashboard: a client of a platform that shows it in a terminal and
// passes on what its operator asks for. The model decides, panels draw, and commands do
// what waits.
package tui
