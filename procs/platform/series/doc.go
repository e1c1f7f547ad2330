// Package series keeps the figures of a platform over the last fifteen minutes, a point every
// two seconds, in arrays of a fixed size. It is pure: it takes points, and returns a History
// of them.
package series
