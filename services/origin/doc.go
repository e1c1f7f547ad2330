// Package origin says which packager to play a signal from. It learns from the reporter
// which packagers are usable and prefers one of them; it fails over at once, and back after
// a wait. The origin prefers, the proxy decides.
package origin
