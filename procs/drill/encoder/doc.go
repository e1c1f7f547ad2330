// Package encoder runs the encoders of a drill: FFmpegs that send pictures and sound, which
// they make up, to the live inputs of the drill's own platform.
package encoder
