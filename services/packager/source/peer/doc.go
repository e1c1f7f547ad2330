// Package peer is a second source of signals that workers PUT: the other packagers. It pulls
// what they list and no worker has brought in time, so that a packager that no worker reaches,
// or that has just been started, has the same window as the others.
//
// What it pulls is checked as what a worker brings. While workers deliver, it asks for nothing.
package peer
