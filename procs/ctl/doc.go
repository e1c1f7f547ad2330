// Package ctl holds the verbs of `livestream-tui ctl`: what each asks of a platform, how
// long it waits, and what it writes.
package ctl
