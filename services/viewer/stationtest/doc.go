// Package stationtest plays a live server to tests of the viewer, on a network without
// sockets.
package stationtest
