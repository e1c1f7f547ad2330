// Package packager publishes over HTTP the signals that workers write to a folder or PUT,
// with playlists of its own. Two packagers of the same signals serve the same bytes and
// list the same segments, so that one can stand in for the other.
//
// A source puts playlists and media into the sink, which publishes snapshots; handlers
// answer players with them. Around the handlers is the switch of faults, once a drill
// asks for it.
package packager
