// Package ingest is the contract of ingest by HTTP between a worker and a packager: the
// paths, headers and types of the DASH-IF live media ingest protocol, interface 2, and
// what they mean here.
//
// A worker PUTs each initialization section and each segment under its own name, then
// the playlist that lists them, and DELETEs the playlist when the signal ends. A segment
// is sent with Expect: 100-continue, so that a packager that has it from another worker
// answers before the body comes. The first copy under a name stays.
//
// An initialization section is an ftyp and a moov. A segment is whole fragments, each a
// moof and its mdat. A playlist is a media playlist (RFC 8216) whose segments have the
// names of package media.
package ingest
