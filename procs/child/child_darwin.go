package child

import "syscall"

// attributes cannot tie a child to our death here: the guardian sees to it.
func attributes(ownGroup, _ bool) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: ownGroup}
}
