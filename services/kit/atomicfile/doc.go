// Package atomicfile replaces files whole: a reader sees the old content or the new one,
// never a part of it. Only with Options.Sync is it synced to disk: else a file may be empty
// after a power failure.
package atomicfile
