// Package codec names the formats of samples as CODECS does (RFC 6381), and reads the
// parameter sets of H.264 and H.265 as far as a multivariant playlist needs it. It is
// pure.
package codec
