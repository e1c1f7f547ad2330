// Package trouble records how a packager failed to deliver segments; services/hls/health
// judges its playlists. It is pure.
package trouble
