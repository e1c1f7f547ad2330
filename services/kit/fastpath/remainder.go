package fastpath

import "syscall"

// remainder is what is left of an answer.
type remainder struct {
	head []byte
	body []byte      // behind head, unless it is in file
	file *sharedFile // nil: none, or all of it is sent
	at   int64       // the first byte of file that is left
}

func (m *remainder) none() bool { return len(m.head)+len(m.body) == 0 && m.file == nil }

// send sends what the kernel takes at once: EAGAIN where the reader is to be waited
// for.
func (m *remainder) send(fd uintptr) (err syscall.Errno) {
	if m.head, err = writeSome(fd, m.head); err != 0 {
		return err
	}
	if m.file == nil {
		m.body, err = writeSome(fd, m.body)
		return err
	}
	if err = m.file.sendSome(fd, &m.at); err == 0 {
		m.file = nil
	}
	return err
}

// writeSome writes what the kernel takes at once, and returns the rest with the
// reason, EAGAIN where the reader is to be waited for.
func writeSome(fd uintptr, b []byte) ([]byte, syscall.Errno) {
	for len(b) > 0 {
		n, err := write(fd, b)
		switch {
		case err == syscall.EINTR:
		case err != 0:
			return b, err
		default:
			b = b[n:]
		}
	}
	return nil, 0
}
