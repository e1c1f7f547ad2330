// Package segment cuts a signal's samples into segments of fragmented MP4 (ISO/IEC 14496-12),
// and numbers them. It alone decides where a segment begins and which number it has, so that
// every worker publishes the same segments. The same samples give the same bytes, whichever
// track comes first. It is pure: no clock, no files.
package segment
