// Package fastpath answers plain requests, a GET or HEAD of a response that is ready in
// memory, directly on their connection; most requests of players are plain. It stands in
// front of an http.Server as its listener. A connection whose next request is
// anything else goes to the http.Server, with that request unread, and stays there.
package fastpath
