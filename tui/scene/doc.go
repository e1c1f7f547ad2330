// Package scene is all that the panels of the dashboard draw from: the snapshot of the
// platform, histories of its figures, the selection, and the glyph, word and ink of each
// state.
package scene
