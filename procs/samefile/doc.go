// Package samefile tells whether an open file is still the one at its path, which an
// operator or a cleaner of old files may have removed, moved or replaced.
package samefile
