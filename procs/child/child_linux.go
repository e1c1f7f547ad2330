package child

import "syscall"

func attributes(ownGroup, diesWithUs bool) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: ownGroup}
	if diesWithUs {
		a.Pdeathsig = syscall.SIGKILL
	}
	return a
}
