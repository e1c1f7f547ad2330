// Package slate makes what is aired while no input gives anything: a picture, a film or the
// last picture on air, in the codec, the size and the rates of the signal, so that players go
// on. FFmpeg encodes it. What was made is kept on disk.
package slate
