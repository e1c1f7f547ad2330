// Package packager publishes over HTTP the signals that workers write to a folder or PUT,
// with playlists of its own. Two packagers of the same signals serve the same bytes and
// list the same segments, so that one can stand in for the other.
//
// A source puts playlists and media into the sink, the sink publishes snapshots, and
// handlers answer players from them. In a cluster it tells other machines what it has published
// (package frontier), and pulls from their packagers what no worker brings (package
// source/peer). A drill can wrap the handlers in a fault switch.
package packager
