// Package player plays a media playlist without a screen, as hls.js would: it follows the
// playlist, downloads segments into a buffer, checks everything against the rules, and
// reports what its viewer would have seen.
package player
