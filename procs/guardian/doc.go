// Package guardian ends what a supervisor that was killed leaves running. The supervisor
// keeps Records of every group that runs, and has a guardian, a process of its own, read
// each change. When the supervisor dies the guardian kills what the records name; if both
// die, the next start sweeps what their file names.
package guardian
