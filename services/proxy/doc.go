// Package proxy is the service that players talk to. It follows every packager all the
// time, owns the playlists that it serves, and holds the media that they list, so that
// players do not notice when a packager dies.
//
// This package puts the parts together. From the players inwards:
//
//   - access lets only those in who have a token, certificate is for those who come by TLS
//   - player answers their requests, with cors and forward
//   - follow follows streams: it loads playlists and media and publishes snapshots;
//     waits measures how long players wait
//   - stream decides what players get: a pure step, on timeline, sources and trouble
//   - fetch gets a resource from whichever packager has it; verdict judges its bytes,
//     object and cache hold them
//   - hint hears packagers of other machines, which say what is new before they are asked
//   - upstream is the client of one packager
//   - uri is the arithmetic of names; events and metrics are for operators, statefile keeps
//     playlists on disk, and preference asks the origin
//
// Tests use fakenet, a network without sockets, and playlisttest, which checks playlists
// against the rules of docs/FAILURES.md.
package proxy
