// Package relay carries connections to a control socket through the standard input and output
// of a program such as ssh: Serve is at the far end, where the socket is, and a Dialer at the
// near end. It needs nothing there but the program and this binary.
package relay
