// Package handover is the contract by which a supervisor gives a service its sockets:
// the variables and descriptors of sd_listen_fds(3), the descriptor that carries
// connections, and the request that announces its successor to a service. The
// supervisor writes them, the service reads them.
package handover
