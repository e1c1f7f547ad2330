// Package output publishes the segments of a signal: into a folder that packagers read, and
// to packagers by HTTP. An Output is one signal's; behind it stand Stores. A new kind of
// output is a file with a Store and a line in the table of stores, by the scheme of the URLs
// that name it.
package output
