// Package services is the catalogue of the services that livestream-tui runs, a line each,
// and of every setting that they read.
package services
