// Package fault holds the faults that a drill injects into a live platform.
//
// A fault is a value: its name, the processes that it hits, how it is injected and
// undone, and what it proves. Each one has its definition in the file of its kind and a
// line in table.go, which lists those of a drill and those of a soak. Because each kind has
// a file, the package has more than 15 files.
//
// Everything but kill-ffmpeg, disk-full and fd-exhaustion is done by commands to the
// platform. Those three act on this machine, by the process ids that the platform reports.
package fault
