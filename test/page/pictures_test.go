package page

import (
	"flag"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"livestream-tui/test/harness"
)

var pictures = flag.Bool("pictures", false, "make the documents' pictures of the page anew, in docs/")

// TestPictures makes the documents' pictures of the page, each after a failover: make
// pictures.
func TestPictures(t *testing.T) {
	if !*pictures {
		t.Skip("make pictures runs it")
	}
	env := harness.Settings(t)
	env["SERVER_ONE_PORT"], env["SERVER_TWO_PORT"] = "8080", "9090" // the default ports, which a platform that runs here would take
	for _, signal := range []string{"news", "sport"} {
		harness.CopyFile(t, harness.Film(t), filepath.Join(env["INPUT_STREAM_PATH"], signal+".mp4"))
	}
	p := launchWith(t, env)
	for name, c := range map[string]struct {
		size   size
		scheme string
	}{"page.png": {desktop, "dark"}, "page-phone.png": {phone, "light"}} {
		p.Await(60*time.Second, "both packagers up", p.BothUp)
		b := p.open(t, p.base+"/watch/live01", c.size, c.scheme, "")
		b.await(30*time.Second, "the picture moves", "noted.playing > 0")
		b.awaitPlayed(30 * time.Second) // the plot has something to show
		active, err := p.Active()
		if err != nil {
			t.Fatal(err)
		}
		pid := p.Status(active).PID
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		b.await(30*time.Second, "the failover is on the page", "/player was waiting|longest wait/.test(document.querySelector('#events li')?.innerText)")
		p.AwaitNext(active, pid)
		b.awaitPlayed(12 * time.Second)
		b.await(30*time.Second, "both are up", "document.querySelectorAll('#packagers li[data-state=up]').length === 2")
		var png []byte
		b.run(chromedp.CaptureScreenshot(&png))
		if err := os.WriteFile(filepath.Join(harness.Root(), "docs", name), png, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
