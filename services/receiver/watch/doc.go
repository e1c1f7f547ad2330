// Package watch looks at what an input sends: whether its pictures stand still or are black,
// and whether its sound is silent. FFmpeg decodes a few small pictures a second for it, which
// costs a part of a core; so an input is watched only where its signal asks for it.
package watch
