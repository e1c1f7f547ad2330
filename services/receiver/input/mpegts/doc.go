// Package mpegts reads MPEG-TS (ISO/IEC 13818-1) into samples: the first program's first
// track of pictures and first track of sound. It takes what real networks deliver: streams
// that begin anywhere, garbage, lost packets, tables that come late or change. It is pure, and
// its memory is bounded.
package mpegts
