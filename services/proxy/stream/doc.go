// Package stream decides what players are given: a pure step from state to state, with
// the effects that are to be done outside.
//
// A stream is a media playlist, or a multivariant playlist and all that it names. What
// belongs to all of it is decided for all of it: which packager is active, the numbers
// of its discontinuities, the sessions that packagers hand out. Each playlist is served
// in one of the modes that Mode lists. Merged is what it is all for; what cannot be
// merged is passed through, as a plain proxy with a backup would.
package stream
