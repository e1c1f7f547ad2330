// Package uri is the proxy's arithmetic of URIs (RFC 3986): what a player's request
// names, what a playlist's URI leads to, and what is written in its place. Pure.
//
// A key names a resource of the proxy: an absolute path with its query, escaped, the
// path in one form for all that mean the same (RFC 3986, 6.2.2), such as
// "/live01/720p/3.ts?token=x". A target is the same at a packager, as it was written.
package uri
