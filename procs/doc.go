// Package procs supervises child processes: it starts them in the order of their
// dependencies, watches their health, restarts what dies and stops everything in the
// end. It knows nothing of HLS and nothing of the screen.
//
// The decisions are package machine's, which is pure. Here events are gathered, one
// goroutine feeds them to the machines, and the effects are carried out.
package procs
