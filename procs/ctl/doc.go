// Package ctl carries out the verbs of `livestream-tui ctl`: each is a row of the table in
// verbs.go with a function that asks a platform for something and waits for the effect. It
// also writes the status.
package ctl
