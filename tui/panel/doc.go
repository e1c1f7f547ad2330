// Package panel holds the panels of the dashboard, one a file, and its header. Each
// draws lines from the scene; All makes one of each.
package panel
