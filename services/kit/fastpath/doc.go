// Package fastpath answers the plainest requests, a GET or HEAD of a response that is
// ready in memory, right on their connection; most requests of players are such. It
// stands in front of an http.Server as its listener. A connection whose next request is
// anything else goes to the http.Server, with that request unread, and stays there.
package fastpath
