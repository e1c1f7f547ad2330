// Package feed is what the receiver serves of one signal: the playlist and the media of the
// last seconds, and the fragments as they come. Readers look at immutable snapshots, so that
// none of them ever holds back the signal. The paths and types of the contract are in package
// hls/feed.
package feed
