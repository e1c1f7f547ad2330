// Package panel holds the dashboard's panels, one a file, and its header. A panel draws
// lines from the scene and takes the keys that move. To add one, write its file, name it
// in the table of All, and name it in layouts.PanelNames.
package panel
