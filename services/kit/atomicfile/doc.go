// Package atomicfile replaces files whole: a reader sees the old content or the new one,
// never a part of it. It does not sync to disk: after a power failure a file may be empty.
package atomicfile
