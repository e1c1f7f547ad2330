// Package stage puts a platform of a drill's own on air, with players in front of it.
package stage
