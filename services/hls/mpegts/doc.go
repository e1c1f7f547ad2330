// Package mpegts reads what streams a segment of MPEG-TS has (ISO/IEC 13818-1), as far as
// a multivariant playlist needs it. It is pure.
package mpegts
