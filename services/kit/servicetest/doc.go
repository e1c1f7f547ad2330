// Package servicetest holds helpers that the tests of several services share.
package servicetest
