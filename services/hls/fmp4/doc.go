// Package fmp4 reads the boxes of fragmented MP4 (ISO/IEC 14496-12): initialization
// sections, fragments, and whether a segment is whole.
package fmp4
