// Package progress shows how far the making of films and mezzanines is.
package progress
