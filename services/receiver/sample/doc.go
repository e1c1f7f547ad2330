// Package sample holds what travels through the receiver: the samples of a signal, coded
// pictures and coded sound, each with its time, and the format that they have. The words are
// those of the ISO base media file format (ISO/IEC 14496-12). It is pure.
package sample
