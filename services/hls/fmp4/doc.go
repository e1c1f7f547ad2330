// Package fmp4 reads the boxes of fragmented MP4 (ISO/IEC 14496-12): init sections,
// fragments and what makes a segment whole.
package fmp4
