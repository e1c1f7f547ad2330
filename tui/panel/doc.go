// Package panel holds the dashboard's panels, one a file, and its header. A panel draws
// lines from the scene and takes the keys that move. To add one, write its file and
// its line in the table of All.
//
// Since each panel, and each part that several draw, has a file, the package has
// more than 15 files.
package panel
