package packages

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"livestream-tui/test/harness"
)

// machine is this machine, on top of which everything that is written goes to memory: the
// packages can be installed and removed by its own tools, and nothing is left of it.
type machine struct {
	*testing.T
	pid  int // of what holds its name spaces
	root string
}

// layer mounts a layer over the machine and says so. It is process 1 there: it waits, and
// with it everything ends.
const layer = `set -e
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
mount -t proc proc "$1/root/proc"
mount --rbind /dev "$1/root/dev"
mount -t tmpfs tmpfs "$1/root/run"
echo mounted
while read -r _; do :; done
kill -9 -1 2>/dev/null || true`

// newMachine returns a machine that ends with the test.
func newMachine(t *testing.T) *machine {
	t.Helper()
	for _, tool := range []string{"dpkg", "unshare", "nsenter", "setpriv", "adduser"} {
		if _, err := exec.LookPath(harness.Tool(tool)); err != nil {
			t.Skipf("no %s here", tool)
		}
	}
	if os.Getuid() != 0 {
		t.Skip("only root may mount")
	}
	folder := harness.Folder(t)
	cmd := exec.Command("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", layer, "layer", folder)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		_ = cmd.Wait() // it was killed, or has ended
	})
	if _, err := io.ReadFull(out, make([]byte, len("mounted"))); err != nil {
		t.Skip("no layer can be mounted here")
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", cmd.Process.Pid, cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	m := &machine{T: t, root: filepath.Join(folder, "root")}
	if _, err := fmt.Sscan(string(children), &m.pid); err != nil {
		t.Fatal(err)
	}
	return m
}

// command is a command there.
func (m *machine) command(args ...string) *exec.Cmd {
	cmd := exec.Command("nsenter", append([]string{"--target", fmt.Sprint(m.pid), "--mount", "--pid", "chroot", m.root}, args...)...)
	// Only what a service would have, so that no variable of the test is a setting.
	cmd.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive"}
	return cmd
}

// try runs a command there.
func (m *machine) try(args ...string) (string, error) {
	out, err := m.command(args...).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// run runs a command there that must succeed.
func (m *machine) run(args ...string) string {
	m.Helper()
	began := time.Now()
	out, err := m.try(args...)
	m.Logf("%s (%s)\n%s", strings.Join(args, " "), time.Since(began).Round(10*time.Millisecond), out)
	if err != nil {
		m.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// put copies a file of the test's machine to a path there.
func (m *machine) put(from, to string) {
	m.Helper()
	f, err := os.Open(from)
	if err != nil {
		m.Fatal(err)
	}
	defer f.Close()
	m.write(f, to)
}

// write writes a file there.
func (m *machine) write(r io.Reader, to string) {
	m.Helper()
	cmd := m.command("sh", "-c", `cat >>"$1"`, "write", to)
	cmd.Stdin = r
	if out, err := cmd.CombinedOutput(); err != nil {
		m.Fatalf("%s: %v\n%s", to, err, out)
	}
}

// left are the paths there that are named for the program.
func (m *machine) left() []string {
	m.Helper()
	out := m.run("sh", "-c", "find /etc /usr/bin /usr/sbin /usr/lib/livestream-tui /usr/lib/systemd /usr/share /var/lib /var/cache /run -path '*livestream-tui*' 2>/dev/null || true")
	return strings.Fields(out)
}
