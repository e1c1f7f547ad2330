// Package access lets only those play who have a playback token (kit/token). A token comes
// in the query or in a cookie, and is taken out of the request before anything else sees
// it: so it makes no other entry in the cache, and no packager gets it. In the playlists
// of a player whose token came in the query, each URI carries the token. They are made
// from the response that all players share, by inserting the token where it belongs.
package access
