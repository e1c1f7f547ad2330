// Package frontier tells the other machines of a cluster what a packager has published, so
// that proxies need not ask. What it says may be lost, and nothing waits for it.
package frontier
