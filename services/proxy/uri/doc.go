// Package uri is the proxy's arithmetic of URIs (RFC 3986): what a player's request
// names, where a playlist's URI leads, and what is written in its place. It is pure.
//
// A key names a resource of the proxy: an absolute path with its query, escaped. Paths
// that mean the same have one form (RFC 3986, 6.2.2), such as
// "/live01/720p/3.ts?token=x". A target names a resource at a packager, as it was
// written.
package uri
