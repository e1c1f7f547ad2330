// Package preference asks the origins which packager they prefer for a signal.
package preference
