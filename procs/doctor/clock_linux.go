package doctor

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// clockRemedy is how to have the clock kept.
const clockRemedy = "install chrony (Debian and Ubuntu: apt-get install chrony), or have systemd keep it: timedatectl set-ntp true"

// clockSynced reports whether the kernel's clock is kept, in a container too; known is false
// where it does not say.
func clockSynced() (synced, known bool) {
	state, err := unix.Adjtimex(&unix.Timex{})
	return err == nil && state != unix.TIME_ERROR, err == nil
}

// clockKeepers are the programs that keep a clock, as the kernel shortens their names.
var clockKeepers = []string{"chronyd", "systemd-timesyn", "ntpd", "ntpsec", "openntpd", "ptp4l", "phc2sys"}

// clockKeeper is the program on this machine that keeps the clock; empty when there is none, or
// it cannot be seen.
func clockKeeper() string {
	files, _ := filepath.Glob("/proc/[0-9]*/comm") // the pattern is good
	for _, file := range files {
		b, err := os.ReadFile(file)
		name := strings.TrimSpace(string(b))
		if err != nil || !slices.Contains(clockKeepers, name) {
			continue
		}
		if name == "systemd-timesyn" {
			return "systemd-timesyncd"
		}
		return name
	}
	return ""
}
