// Package mezzanine is films in the form in which they are aired: each a folder with its
// picture, its sound and what is known of them, in a cache. A Mezzanine is the input.Source
// of a film's signal.
package mezzanine
