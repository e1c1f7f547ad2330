// Package lead decides which of several receivers makes the timeline of a live signal. It is
// pure: claims and the time in, a verdict out.
package lead
