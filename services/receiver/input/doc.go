// Package input is where the receiver's samples come from. Each kind of input is a package
// below it: rtmp, srt, udp and remote. Each accepts or makes a connection to an encoder, reads
// samples from it, and gives them to a Sink. What the samples mean, and which input is on
// air, is decided elsewhere.
package input
