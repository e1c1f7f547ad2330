// Package dial connects to services of this machine by the name localhost without
// resolving it, as RFC 6761, 6.3, allows: some machines resolve it to ::1 alone, some to
// 127.0.0.1 alone, some not at all.
package dial
