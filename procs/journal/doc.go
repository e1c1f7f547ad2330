// Package journal keeps what an operator wants to know in the morning: an append-only file
// of a platform's events, one JSON object a line, bounded by size and age. Writing never
// holds up the supervision. The file can also be read while no platform runs.
package journal
