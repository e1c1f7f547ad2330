// Package discovery finds signals on disk and at the packagers, asks every packager for the
// playlist of each of them, and reports to every reporter what it has found.
package discovery
