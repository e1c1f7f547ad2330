// Package scene is what the panels of the dashboard draw from: the platform's snapshot,
// histories of its figures, the selection, and the glyph, word and ink of each state.
package scene
