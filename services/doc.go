// Package services has the table of the services that livestream-tui runs, a line each, and
// the table of every setting that they read.
package services
