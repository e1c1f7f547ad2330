// Package cmcd counts what players feel, as they report it by CMCD (CTA-5004): in a query
// argument or in header fields of each request (version 1 and 2), and as events that they
// POST (version 2).
//
// Reports come from anybody, so everything is bounded: sessions, renditions, what one
// report may say, how long a session is remembered. What cannot be read is counted and
// otherwise ignored, and no request fails for it.
package cmcd
