// Package proxy is the service that players talk to. It follows every packager all the
// time, owns the playlists that it serves, and holds the media that they list, so that
// players do not notice when a packager dies.
//
// This package puts the parts together. From the players inwards:
//
//   - player answers their requests, with cors and forward
//   - follow follows streams: playlists, their media, what is kept of them
//     and waits, which measures how long players wait
//   - stream decides what players are given: a pure step, on timeline, sources and trouble
//   - fetch gets a resource from whichever packager has it; verdict judges its bytes,
//     object and cache hold them
//   - upstream is one packager as an HTTP server
//   - uri is the arithmetic of names; events, metrics, statefile and preference are the
//     ways out to operators, to disk and to the origin
//
// Tests use fakenet, a network without sockets, and playlisttest, which holds playlists to
// the rules of docs/FAILURES.md.
package proxy
