package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"livestream-tui/test/harness"
)

// TestTheKeyThatTheFirstLookNamesMendsABadState puts a platform into bad states. In each, a
// dashboard that has just been opened says what is wrong, since when and which key mends it.
func TestTheKeyThatTheFirstLookNamesMendsABadState(t *testing.T) {
	harness.Parallel(t)
	n := openNight(t)
	n.Start()
	n.awaitSpare()
	broken := filepath.Join(n.env["INPUT_STREAM_PATH"], "broken.mp4")
	for _, c := range []struct {
		name  string
		begin func()
		alarm string // of the first look
		mend  func(dashboard terminal)
		done  string // once it is mended
	}{
		{
			"no spare", func() { n.says("ctl", "stop", "server2") },
			`▲ no spare: server2 stopped by \S+ \(ctl\) +(?:fault )?since [\d:]{8}  one more failure stops the picture  s starts server2`,
			func(d terminal) { d.Press("s") }, `server2 +\d+ ● ready`,
		},
		{
			"a dead worker", func() { n.says("ctl", "stop", "worker", "--yes") },
			`✗ worker stopped by \S+ \(ctl\) +(?:fault )?since [\d:]{8}  no new pictures come  s starts worker`,
			func(d terminal) { d.Press("s") }, `worker +\d+ ● ready`,
		},
		{
			"a refused film",
			func() {
				long := time.Now().Add(-time.Hour) // it is not being copied
				if err := os.WriteFile(broken, []byte("no film at all\n"), 0o644); err != nil {
					t.Fatal(err)
				}
				if err := os.Chtimes(broken, long, long); err != nil {
					t.Fatal(err)
				}
			},
			`▲ broken.mp4 is refused: .* +(?:fault )?since [\d:]{8}  it is not on air  replace it in \S+`,
			func(d terminal) {
				d.Press("!")
				n.awaitOn(d.Tmux, "the page", `Copy a version that plays into the input folder`)
				d.Press("Escape")
				if err := os.Remove(broken); err != nil {
					t.Fatal(err)
				}
			}, `ON AIR`,
		},
	} {
		c.begin()
		d, _ := n.attach()
		n.awaitOn(d.Tmux, c.name, c.alarm)
		c.mend(d)
		harness.Await(t, 30*time.Second, "an end of "+c.name, func() error {
			text, err := d.Text()
			if err == nil && regexp.MustCompile(c.alarm).MatchString(text) {
				err = fmt.Errorf("it is still on\n%s", text)
			}
			return err
		})
		n.awaitOn(d.Tmux, "what is mended", c.done)
		d.Press("q")
		d.awaitEnded(0, "detached")
	}
	n.Press("C-c")
	n.AwaitEnd(0)
}
