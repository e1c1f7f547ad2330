// Package timeline is the media playlist that players get. It is append-only and merged from
// what the packagers list. It is pure: no clock, no network, no goroutine.
//
// These rules hold over any series of switches from packager to packager:
//
//   - the media sequence number never falls and never skips (RFC 8216, 6.2.2);
//   - one number always means the same URI, duration and discontinuity number;
//   - EXT-X-DISCONTINUITY-SEQUENCE never falls;
//   - EXT-X-TARGETDURATION never falls, and rises only with a packager's or for a
//     longer segment;
//   - the playlist grows at its end and shrinks at its head.
package timeline
