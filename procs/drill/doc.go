// Package drill injects faults into a live platform while players watch, and judges by
// what they saw. Run puts a platform of its own on air with virtual players and injects one
// fault after the other. Live injects one into a platform on air and goes by its viewers.
//
// The rooms: fault has the faults, one table of all of them; stage puts the platform of a
// drill on air, in the sandbox, with the audience in front of it; judge decides; report
// shows it; soak injects random faults, several at once; proxy knows the proxy.
package drill
