package fastpath

import (
	"syscall"
	"unsafe"
)

// read is read(2) from a non-blocking descriptor into a buffer that is not empty. It
// bypasses the runtime, which would treat the call as one that may block: that costs
// a third of the CPU time of an answer.
func read(fd uintptr, b []byte) (int, syscall.Errno) {
	n, _, err := syscall.RawSyscall(syscall.SYS_READ, fd, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
	return int(n), err
}

// write is write(2), likewise.
func write(fd uintptr, b []byte) (int, syscall.Errno) {
	n, _, err := syscall.RawSyscall(syscall.SYS_WRITE, fd, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
	return int(n), err
}
