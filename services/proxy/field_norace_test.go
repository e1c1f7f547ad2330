//go:build !race

package proxy

// fieldWindow is how many segments a long window has: two hours of 2 s.
const fieldWindow = 3600
