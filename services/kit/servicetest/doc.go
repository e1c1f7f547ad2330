// Package servicetest is what the tests of several services share.
package servicetest
