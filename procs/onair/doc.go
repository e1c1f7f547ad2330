// Package onair derives from a snapshot what the audience sees: the light of each signal
// and of the platform, the packager that each signal is served from, and those that could
// take over. It is pure. Every client reads its result in the snapshot.
package onair
