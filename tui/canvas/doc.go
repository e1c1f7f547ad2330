// Package canvas draws text in the cells of a terminal: lines of inked text, tables,
// bars and sparks, in themes, with glyphs or with ASCII alone.
package canvas
