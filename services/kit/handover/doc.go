// Package handover is the contract by which a supervisor gives a service its sockets:
// the variables and descriptors of sd_listen_fds(3), the descriptor that carries
// connections, and the request that tells a service of its successor. The supervisor
// writes it, the service reads it.
package handover
