// Package segmenter cuts the fragments of a fragmented MP4 stream into the segments of
// a grid, by their decode times. It is pure over its reader.
package segmenter
