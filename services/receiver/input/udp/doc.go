// Package udp takes inputs as MPEG-TS over UDP, unicast or multicast, with RTP headers or
// without. A source is a connection, from its first packet on until it falls silent.
package udp
