// Package tracks turns what a transport carries, access units and frames of sound, into the
// samples of a connection. It knows the parameter sets, brings NAL units into the one form
// that samples have, and tells the format as soon as both tracks are known. It is pure.
package tracks
