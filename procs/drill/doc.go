// Package drill injects faults into a live platform while players watch, and judges by
// what they saw. Run puts a platform of its own on air with virtual players and injects one
// fault after the other. Live injects one into a platform that is on air and judges by the
// reports of its viewers.
//
// The packages: fault has the table of all faults; stage puts the platform of a drill on
// air, in the sandbox, with the audience in front of it; judge decides; report shows the
// results; soak injects random faults, several at once; proxy is the client of the proxy.
package drill
