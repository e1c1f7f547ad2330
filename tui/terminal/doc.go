// Package terminal is what the dashboard does beyond the platform: the clipboard, the
// bell, files, VLC and the browser. It also gives the terminal back after a dashboard
// that could not do so itself.
package terminal
