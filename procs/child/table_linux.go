package child

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ticksPerSecond is USER_HZ, which Linux fixes at 100 on every architecture
// that Go runs on.
const ticksPerSecond = 100

// Members returns the processes of groups that we can see, zombies too. It asks
// for the group of every process, which is a system call without a file, and
// reads only what is looked for.
func Members(groups ...int) ([]Process, error) {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil, fmt.Errorf("process table: %w", err)
	}
	defer func() { _ = dir.Close() }() // only read
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("process table: %w", err)
	}
	var list []Process
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		if group, err := syscall.Getpgid(pid); err != nil || !slices.Contains(groups, group) {
			continue
		}
		if p, ok := lookUp(pid); ok {
			list = append(list, p)
		}
	}
	return list, nil
}

// Again looks once more at processes that were found earlier; false when one of them
// has gone or another has its PID. It reads no other: to go through the table was most
// of what a look costs where a thousand processes or threads live.
func Again(before []Process) ([]Process, bool) {
	list := make([]Process, 0, len(before))
	for _, b := range before {
		p, ok := lookUp(b.PID)
		if !ok || p.Started != b.Started || p.Group != b.Group {
			return nil, false
		}
		list = append(list, p)
	}
	return list, true
}

// StartedAt identifies the process that has pid now; false if no process has it.
func StartedAt(pid int) (string, bool) {
	p, ok := lookUp(pid)
	return p.Started, ok
}

// Lives reports whether the incarnation of pid that StartedAt identified still runs: a
// zombie does not.
func Lives(pid int, started string) bool {
	p, ok := lookUp(pid)
	return ok && p.Started == started && !p.Zombie
}

// HasVariable reports whether pid was started with variable, KEY=VALUE, in its
// environment; false where we may not see it.
func HasVariable(pid int, variable string) bool {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	return err == nil && bytes.Contains(append([]byte{0}, b...), []byte("\x00"+variable+"\x00"))
}

func lookUp(pid int) (Process, bool) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return Process{}, false // it has ended meanwhile
	}
	return parseStat(pid, b)
}

// parseStat reads /proc/PID/stat (proc(5)). The command in parentheses may hold
// anything, parentheses and spaces too: the fields begin after the last one.
func parseStat(pid int, b []byte) (Process, bool) {
	i := bytes.LastIndexByte(b, ')')
	if i < 0 {
		return Process{}, false
	}
	f := strings.Fields(string(b[i+1:]))
	const state, group, utime, stime, threads, started, rss = 0, 2, 11, 12, 17, 19, 21 // field number in proc(5), less 3
	if len(f) <= rss {
		return Process{}, false
	}
	number := func(i int) int64 {
		n, err := strconv.ParseInt(f[i], 10, 64)
		if err != nil {
			return 0
		}
		return n
	}
	return Process{
		PID:     pid,
		Group:   int(number(group)),
		Started: f[started],
		// The state is the first thread's: it may have ended before others, of which one
		// may hang in a system call that no signal ends.
		Zombie: (f[state] == "Z" || f[state] == "X") && number(threads) <= 1,
		CPU:    time.Duration(number(utime)+number(stime)) * time.Second / ticksPerSecond,
		RSS:    number(rss) * int64(os.Getpagesize()),
	}, true
}

// Holder returns the process that listens on a TCP port at an address, or at every address;
// false if there is no such process that we may see. Where the address is nil or unspecified,
// whoever listens on the port at any address is meant.
func Holder(at net.IP, port int) (pid int, command string, ok bool) {
	inodes := map[string]bool{}
	for _, file := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		b, err := os.ReadFile(file)
		if err != nil {
			continue // no such protocol here
		}
		for _, line := range strings.Split(string(b), "\n") {
			if inode, ok := listener(line, at, port); ok {
				inodes["socket:["+inode+"]"] = true
			}
		}
	}
	if len(inodes) == 0 {
		return 0, "", false
	}
	fds, err := filepath.Glob("/proc/[0-9]*/fd/*")
	if err != nil {
		return 0, "", false
	}
	for _, fd := range fds {
		if target, err := os.Readlink(fd); err == nil && inodes[target] {
			pid, err := strconv.Atoi(strings.Split(fd, "/")[2])
			if err == nil {
				return pid, commandOf(pid), true
			}
		}
	}
	return 0, "", false
}

// listener returns the inode of a line of /proc/net/tcp that is a socket which listens on a
// port where an address is among its own.
func listener(line string, at net.IP, port int) (string, bool) {
	f := strings.Fields(line)
	const local, state, inode, listening = 1, 3, 9, "0A"
	if len(f) <= inode || f[state] != listening {
		return "", false
	}
	address, number, _ := strings.Cut(f[local], ":")
	ip, ok := parseAddress(address)
	if !ok || number != fmt.Sprintf("%04X", port) || !covers(ip, at) {
		return "", false
	}
	return f[inode], true
}

// parseAddress reads an address of /proc/net/tcp: words of four bytes, each in the order of
// this machine.
func parseAddress(s string) (net.IP, bool) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != net.IPv4len && len(b) != net.IPv6len {
		return nil, false
	}
	for i := 0; i < len(b); i += 4 {
		binary.NativeEndian.PutUint32(b[i:], binary.BigEndian.Uint32(b[i:]))
	}
	return b, true
}

func commandOf(pid int) string {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if err != nil {
		return "?"
	}
	return strings.TrimSpace(strings.ReplaceAll(string(b), "\x00", " "))
}
