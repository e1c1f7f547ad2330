package sandbox

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// Ports are looked for below those that systems give to outgoing connections: while a
// packager is down, no other connection must get its port.
const (
	portFirst = 15000
	portLast  = 32000
)

// freePorts returns n ports of the loopback address on which nothing listens, over TCP or UDP.
func freePorts(n int) ([]int, error) {
	var ports []int
	from := rand.IntN(portLast - portFirst)
	for i := range portLast - portFirst {
		if len(ports) == n {
			return ports, nil
		}
		port := portFirst + (from+i)%(portLast-portFirst)
		address := net.JoinHostPort(loopback, strconv.Itoa(port))
		l, err := net.Listen("tcp", address)
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			return nil, err
		}
		u, err := net.ListenPacket("udp", address)
		if err != nil {
			continue
		}
		if err := u.Close(); err != nil {
			return nil, err
		}
		ports = append(ports, port)
	}
	return nil, fmt.Errorf("fewer than %d ports are free from %d to %d", n, portFirst, portLast)
}
