// Package runfolder is the folder that a running supervisor lives in: its lock, so that
// there is one supervisor in each, the records of running groups and the sockets. What is
// removed from it is made again.
package runfolder
