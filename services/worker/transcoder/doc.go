// Package transcoder makes a mezzanine of a film: its picture and its sound,
// normalised once, so that a worker only copies them into a live signal, again and
// again, without a seam.
//
// A film is as long as its longest track; the shorter one is held, by its last
// picture or by silence. A mezzanine's picture is a whole number of turns of the film
// and ends on a segment of the signal's grid, its sound on a segment and on an AAC
// frame. Mezzanines are kept in a cache by the film's content.
package transcoder
