// Package packages tests what make dist makes: the units and scripts of the packages, and
// with make dist-test the packages themselves, installed, upgraded under players, removed.
package packages
