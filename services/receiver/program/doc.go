// Package program decides what is on air: which input of a signal, or the slate. It maps each
// input's times (package clock), leaves an input that is lost for the next one at a key frame,
// bridges what is missing, and keeps one timeline on which nothing runs back. It is pure: a
// step from state to state, with the effects for the caller to carry out. The caller says what
// time it is.
//
// The end of the timeline is where the last picture on air ends. What follows begins there or
// later: a backup with its first key frame behind the end, a slate at the end itself.
package program
