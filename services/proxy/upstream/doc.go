// Package upstream is the client of one packager: it limits the connections, follows
// redirects, reads small answers whole, and measures how long the packager usually takes to
// answer.
package upstream
