// Package player answers the requests of players: with the playlists and media that package
// follow has, or by passing a request on to a packager.
package player
