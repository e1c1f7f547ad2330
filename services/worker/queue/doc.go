// Package queue decides in which order mezzanines are made, and how many at a time: short
// films first, and what is on air already, by its beginning, last.
package queue
