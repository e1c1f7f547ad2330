package api

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/user"
	"strconv"

	"livestream-tui/procs/platform"
	"livestream-tui/procs/socket"
	"livestream-tui/services/kit/text"
)

// checkPeer returns an error when another user's process serves the socket: it could show
// and request anything.
func checkPeer(c net.Conn) error {
	peer, ok := socket.PeerOf(c)
	switch {
	case !ok:
		return errForeign
	case peer.UID != os.Getuid():
		return fmt.Errorf("%w: user %d, pid %d", errForeign, peer.UID, peer.PID)
	}
	return nil
}

// peerKey is the key of the client in a connection's context.
type peerKey struct{}

// withPeer adds the process at the other end of c to the context of its requests.
func withPeer(ctx context.Context, c net.Conn) context.Context {
	if bounded, is := c.(*boundedConn); is {
		c = bounded.Conn
	}
	if peer, known := socket.PeerOf(c); known {
		ctx = context.WithValue(ctx, peerKey{}, peer)
	}
	return ctx
}

// actorOf returns the source of a command that a client says is by: the client's process
// and user are those that the kernel knows.
func actorOf(ctx context.Context, by platform.Actor) platform.Actor {
	if passed, is := vouched(ctx, by); is {
		return passed
	}
	by.PID, by.User, by.Machine = 0, "unknown user", ""
	if peer, known := ctx.Value(peerKey{}).(socket.Peer); known {
		by.PID, by.User = peer.PID, userName(peer.UID)
	}
	by.Key = text.Clean(by.Key[:min(len(by.Key), keyMost)])
	switch by.Via {
	case platform.ViaCtl, platform.ViaDrill:
	default:
		by.Via = platform.ViaAttach
	}
	return by
}

// keyMost is how many bytes the name of a key may have.
const keyMost = 16

// userName returns a user's name; the number when it has none.
func userName(uid int) string {
	u, err := user.LookupId(strconv.Itoa(uid))
	if err != nil {
		return "uid " + strconv.Itoa(uid)
	}
	return u.Username
}
