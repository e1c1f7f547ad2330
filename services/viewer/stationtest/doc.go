// Package stationtest imitates a live server for tests of the viewer, on a network without
// sockets.
package stationtest
