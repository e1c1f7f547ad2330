// Package platform is the supervised platform as one thing: a snapshot of its state, a
// subscription to its events, and commands. The dashboard, the headless output, ctl and
// the drill are clients of its interface. Package local implements it by supervising
// processes, package api over a socket.
//
// Since each part of the snapshot has a file, the package has more than 15 files.
package platform
