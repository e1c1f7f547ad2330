// Package sinktest runs a sink on a clock that stands still, for tests of the sink and of
// its sources.
package sinktest
