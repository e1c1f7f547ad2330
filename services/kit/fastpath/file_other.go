//go:build !linux

package fastpath

import "syscall"

// sharedFile exists on Linux alone: elsewhere bodies are written from memory.
type sharedFile struct{}

func newSharedFile([]byte) *sharedFile { return nil }

func (*sharedFile) sendSome(uintptr, *int64) syscall.Errno { return syscall.ENOSYS }
