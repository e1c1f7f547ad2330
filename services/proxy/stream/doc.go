// Package stream decides what players get. It is pure: a step from state to state, with the
// effects for the caller to carry out.
//
// A stream is a media playlist, or a multivariant playlist and all that it names. Some
// decisions are made for all of it: the active packager, the numbers of its
// discontinuities, the sessions that packagers hand out. Each playlist is served in one
// of the modes of Mode. The normal one is Merged; a playlist that cannot be merged is
// passed through, as by a plain proxy with a backup. Since each concern of the step has a
// file, the package has more than 15 files.
package stream
