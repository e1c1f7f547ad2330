package fastpath

import (
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// sharedFile is a body in memory that has a descriptor. It is closed once it is
// unreachable.
type sharedFile struct {
	file *os.File
	fd   uintptr // of file
	size int64
}

// newSharedFile returns nil when descriptors or memory are short.
func newSharedFile(body []byte) *sharedFile {
	fd, err := unix.MemfdCreate("body", unix.MFD_CLOEXEC)
	if err != nil {
		return nil
	}
	f := os.NewFile(uintptr(fd), "body")
	if scarce(fd) {
		_ = f.Close() // the signals need the descriptors that are left
		return nil
	}
	if _, err := f.Write(body); err != nil {
		_ = f.Close() // nothing was kept
		return nil
	}
	return &sharedFile{file: f, fd: uintptr(fd), size: int64(len(body))}
}

// sendSome sends from at on what the kernel takes at once, and moves at; EAGAIN means to
// wait for the reader.
func (f *sharedFile) sendSome(fd uintptr, at *int64) syscall.Errno {
	defer runtime.KeepAlive(f.file)
	for *at < f.size {
		n, _, err := syscall.RawSyscall6(syscall.SYS_SENDFILE, fd, f.fd, uintptr(unsafe.Pointer(at)), uintptr(f.size-*at), 0, 0)
		switch {
		case err == syscall.EINTR:
		case err != 0:
			return err
		case n == 0:
			return syscall.EIO // it has become shorter, which cannot happen
		}
	}
	return 0
}

// scarce reports whether few descriptors are left after fd, the newest one.
func scarce(fd int) bool {
	var limit unix.Rlimit
	return unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) == nil && uint64(fd) >= limit.Cur-limit.Cur/8
}
