package network

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// frameMost is the longest frame that a wire carries, with the header of its checksum.
const frameMost = 70_000

// Slow puts a bad wire into the link, which delivers each frame later by delay, and loses
// that part of them, 0 to 1, in each direction. It does what the queue netem of Linux does,
// which not every kernel has. The function that it returns takes the wire out again.
func (l *Link) Slow(delay time.Duration, loss float64) (repair func()) {
	n := l.host.net
	n.t.Helper()
	inner, outer := l.port+"-i", l.port+"-o"
	n.must("-n", n.space, "link", "add", inner, "type", "veth", "peer", "name", outer)
	n.must("-n", n.space, "link", "set", "dev", outer, "up")
	// A frame is lost alone, not with the sixty that a sender would hand over as one.
	n.must("-n", n.space, "link", "set", "dev", inner, "gso_max_segs", "1", "up")
	n.must("-n", l.host.space(), "link", "set", "dev", l.to.name, "gso_max_segs", "1")
	n.must("-n", n.space, "link", "set", "dev", l.port, "nomaster")
	n.must("-n", n.space, "link", "set", "dev", inner, "master", l.to.name)
	w, err := newWire(filepath.Join("/run/netns", n.space), l.port, outer, delay, loss)
	if err != nil {
		n.t.Fatal(err)
	}
	return sync.OnceFunc(func() {
		w.close()
		n.must("-n", n.space, "link", "del", inner)
		n.must("-n", n.space, "link", "set", "dev", l.port, "master", l.to.name)
		n.must("-n", l.host.space(), "link", "set", "dev", l.to.name, "gso_max_segs", "65535")
	})
}

// wire carries frames between two interfaces.
type wire struct {
	ends [2]*os.File
	work sync.WaitGroup
}

func newWire(space, one, two string, delay time.Duration, loss float64) (*wire, error) {
	w := new(wire)
	for i, name := range []string{one, two} {
		var err error
		if within := within(space, func() { w.ends[i], err = openEnd(name) }); err != nil || within != nil {
			return nil, errors.Join(within, err)
		}
	}
	for i := range w.ends {
		frames := make(chan frame, 10_000)
		w.work.Go(func() { take(w.ends[i], frames, delay, loss) })
		w.work.Go(func() { deliver(frames, w.ends[1-i]) })
	}
	return w, nil
}

func (w *wire) close() {
	for _, end := range w.ends {
		_ = end.Close() // ends its readers and writers
	}
	w.work.Wait()
}

// openEnd opens a socket for the frames that come in on an interface of this thread's
// namespace, and for frames to send there.
func openEnd(name string) (*os.File, error) {
	i, err := net.InterfaceByName(name)
	if err != nil {
		return nil, err
	}
	all := uint16(unix.ETH_P_ALL)
	all = all<<8 | all>>8 // network order
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("packet socket: %w", err)
	}
	// With the header a checksum that the sender leaves to its device is computed in the end.
	err = errors.Join(
		unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_VNET_HDR, 1),
		unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1),
		unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: i.Index}))
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("packet socket on %s: %w", name, err)
	}
	return os.NewFile(uintptr(fd), name), nil
}

// frame is a frame and when it is due.
type frame struct {
	due  time.Time
	data []byte
}

// take reads frames until the end is closed. It loses some.
func take(from *os.File, frames chan<- frame, delay time.Duration, loss float64) {
	defer close(frames)
	buffer := make([]byte, frameMost)
	for {
		n, err := from.Read(buffer)
		switch {
		case errors.Is(err, os.ErrClosed):
			return
		case err != nil, rand.Float64() < loss:
			continue // the interface may be down
		}
		select {
		case frames <- frame{time.Now().Add(delay), append([]byte(nil), buffer[:n]...)}:
		default: // the queue of a real link is bounded too
		}
	}
}

func deliver(frames <-chan frame, to *os.File) {
	for f := range frames {
		time.Sleep(time.Until(f.due)) // the delay of the wire
		_, _ = to.Write(f.data)       // the interface may be down
	}
}
