// Package preflight tries what a platform needs of its machine before anything starts:
// folders, ports, and a run folder that no other platform has. Each problem names the
// variable to change.
package preflight
