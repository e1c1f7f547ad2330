// Package platformtest holds what the tests of a platform and of its clients share.
package platformtest
