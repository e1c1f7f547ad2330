// Package socket is how a supervisor and its children reach each other, and how others
// reach them: sockets that outlive an incarnation, connections passed as descriptors, a
// unix socket that is made again when its path is removed, and the process at the other
// end of one.
package socket
