// Package hint hears what the packagers of a cluster say that they have published. A hint may
// be lost, doubled, old or false; it is a reason to ask the packager, and nothing more.
package hint
