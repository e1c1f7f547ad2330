package fastpath

import (
	"time"

	"golang.org/x/sys/unix"
)

// Unsent is the part of an answer that waits in the kernel. It still reaches a slow reader
// after this process was killed. A quick reader does not need it and is served better
// with little: small pieces are still in the processor's cache when they are read, and
// when TCP paces (BBR), each piece of a queue costs a timer.

const (
	// unsentInAll is how much of the kernel's memory all answers may use while they wait
	// for their readers.
	unsentInAll = 16 << 20
	unsentLeast = 128 << 10
	unsentMost  = 16 << 20
	// unsentWhole is the share from which slow and quick readers get the same: it may be
	// all that is left of a segment.
	unsentWhole = 512 << 10
	// unsentQuick is the share of quick readers when there are many connections.
	unsentQuick = 64 << 10
	// quickMost is the longest that a quick reader takes for an answer.
	quickMost = 100 * time.Millisecond
)

// unsentFor returns how much of an answer may wait in the kernel for each of so many
// connections: a whole segment if possible, little when there are many, which would use
// up TCP's memory and slow each other down.
func unsentFor(connections int) int32 {
	return int32(min(max(unsentInAll/max(connections, 1), unsentLeast), unsentMost))
}

// unsentAtFirst returns how much of that share is used until a reader proves slow.
func unsentAtFirst(share int32) int32 {
	if share < unsentWhole {
		return unsentQuick
	}
	return share
}

// limitUnsent bounds how much of an answer waits in the kernel.
func (c *conn) limitUnsent(fd uintptr, n int32) {
	if n != c.unsent {
		c.unsent = n
		// Without the option the answers are the same, only slower.
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, int(n))
	}
}
