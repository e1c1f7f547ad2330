// Package platformtest holds what tests of a platform and of its clients share.
package platformtest
