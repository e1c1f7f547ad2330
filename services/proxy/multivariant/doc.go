// Package multivariant makes the multivariant playlist of one media playlist: what its
// media is like, and how much of it there is. It is pure.
package multivariant
