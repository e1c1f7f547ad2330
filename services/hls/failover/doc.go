// Package failover decides when players leave a packager for another one, and when they
// go back. It is pure: no clock, no network, no goroutine.
//
// Two services decide, in different ways. The origin chooses the packager that a signal
// prefers, by its own policy: it goes back to the first packager in PACKAGERS after one
// wait for the whole signal, and chooses no packager that is not usable (package
// services/origin, selection). The proxy decides for its players, here in Choice: it
// follows the origin's preference, returns to a packager that failed only after a wait, and
// takes the best packager even if all are bad. Both measure good health in the same way:
// UpSince.
package failover
