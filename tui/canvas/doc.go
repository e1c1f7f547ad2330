// Package canvas draws text in the cells of a terminal: lines of inked text, tables, bars
// and sparklines, in themes, with Unicode glyphs or in ASCII only.
package canvas
