// Package poll waits: for a condition under a deadline, or for some time.
package poll
