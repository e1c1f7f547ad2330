// Package preflight checks what a platform needs of its machine before anything starts:
// folders, ports, and a run folder that no other platform uses. Each problem names the
// variable to change.
package preflight
