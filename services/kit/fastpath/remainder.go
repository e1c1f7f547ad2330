package fastpath

import "syscall"

// remainder is the rest of an answer.
type remainder struct {
	head []byte
	body []byte      // follows head, unless it is in file
	file *sharedFile // nil when there is no file or all of it is sent
	at   int64       // the next byte of file
}

func (m *remainder) none() bool { return len(m.head)+len(m.body) == 0 && m.file == nil }

// send sends what the kernel takes at once; EAGAIN means to wait for the reader.
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

// writeSome writes what the kernel takes at once, and returns the rest with the error;
// EAGAIN means to wait for the reader.
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
