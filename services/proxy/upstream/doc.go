// Package upstream is one packager as an HTTP server: its connections and how many there may
// be, the redirects that are followed, small answers read whole, and how long it usually
// takes to answer.
package upstream
