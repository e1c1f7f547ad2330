// Package tui is the dashboard: a client of a platform that shows it in a terminal and
// passes on the operator's commands. The model decides, the panels of package panel draw,
// and bubbletea's commands do everything that waits. To add a key, add a line to keymap.
//
// Since each dialog and each group of keys has a file, the package has more than 15 files.
package tui
