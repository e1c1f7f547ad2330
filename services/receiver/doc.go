// Package receiver takes live inputs. It stamps what encoders send, chooses among the inputs
// of a signal, bridges what is missing, and cuts and numbers one timeline, which workers read
// as a feed (package hls/feed). It alone does these things, so that all workers publish the
// same. A signal has one goroutine: it takes the inputs' samples from an inbox, and carries
// out what package program decides.
package receiver
