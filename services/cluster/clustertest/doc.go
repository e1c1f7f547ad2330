// Package clustertest has what tests of clusters need: an engine in memory, embedded engines
// on free ports, and the conformance suite that every engine passes.
package clustertest
