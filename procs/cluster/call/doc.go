// Package call carries the platform's API between machines over the Bus: a request is an
// HTTP request as it is on the wire, and its answer an HTTP answer, compressed. A command
// that is lost on its way is sent again, and is done once: each has an id.
package call
