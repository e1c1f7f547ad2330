// Package transcoder makes a mezzanine of a film: its picture and its sound,
// normalised once, so that a worker only copies them into a live signal, again and
// again, without a seam.
//
// A film is as long as its longest track; a shorter picture stands still at its end, and a
// shorter sound is followed by silence. A mezzanine's picture is a whole number of turns of
// the film and ends on a segment of the signal's grid; its sound ends on a segment and on
// an AAC frame. The film's content is the mezzanine's name in the cache.
package transcoder
