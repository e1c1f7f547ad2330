package fastpath

import (
	"time"

	"golang.org/x/sys/unix"
)

// What the kernel holds of an answer beyond what is under way is unsent. It goes on to
// a slow reader even after this process was killed. A quick reader does not need it,
// and is served better with little: what is sent in small pieces is still in the
// processor's cache when it is read, and where TCP paces what it sends (BBR), each
// piece of a queue costs a timer.

const (
	// unsentInAll is how much of its memory the kernel is given for answers that
	// wait for their readers.
	unsentInAll = 16 << 20
	unsentLeast = 128 << 10
	unsentMost  = 16 << 20
	// unsentWhole is how much is held for slow and quick readers alike: so much may
	// well be all that is left of a segment.
	unsentWhole = 512 << 10
	// unsentQuick is for quick readers in a crowd.
	unsentQuick = 64 << 10
	// quickMost is how long an answer takes a quick reader.
	quickMost = 100 * time.Millisecond
)

// unsentFor is how much of an answer the kernel may hold, beyond what is under way,
// for each of so many connections: a whole segment if it can be; little for a crowd,
// which would take all of TCP's memory, and every one of them gets slower.
func unsentFor(connections int) int32 {
	return int32(min(max(unsentInAll/max(connections, 1), unsentLeast), unsentMost))
}

// unsentAtFirst is how much of that share is used until a reader is known to be slow.
func unsentAtFirst(share int32) int32 {
	if share < unsentWhole {
		return unsentQuick
	}
	return share
}

// limitUnsent bounds what the kernel holds of an answer.
func (c *conn) limitUnsent(fd uintptr, n int32) {
	if n != c.unsent {
		c.unsent = n
		// Without the option the answers are the same, only slower.
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, int(n))
	}
}
