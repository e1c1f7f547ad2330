//go:build !linux

package fastpath

import "syscall"

func read(fd uintptr, b []byte) (int, syscall.Errno)  { return outcome(syscall.Read(int(fd), b)) }
func write(fd uintptr, b []byte) (int, syscall.Errno) { return outcome(syscall.Write(int(fd), b)) }

func outcome(n int, err error) (int, syscall.Errno) {
	errno, _ := err.(syscall.Errno) // the only type that it has
	return n, errno
}
