// Package kv is the Store over the engine: a bucket of JetStream, as its own tools know it.
//
// It speaks the engine's API itself, so that each call ends in time and a watch needs neither
// a quorum nor a consumer in the engine. A watch hears of changes by messages, which may be
// lost, and compares what it knows with what the Store's leader has once a second.
package kv
