package tui

import (
	"strings"
	"testing"
)

func TestTheBrowserOpensAPageThatIsThere(t *testing.T) {
	m, _ := newTestModel(t, "on air", 120, 36, colour)
	var page, opened string
	m.outside.Write = func(folder, name, text string) (string, error) {
		page = text
		return folder + "/saved/" + name, nil
	}
	m.outside.Browser = func(address string) error {
		opened = address
		return nil
	}
	m.scene.Live[0].Signal = `a"><script>`
	typed(m, "b")
	if want := "file://" + m.scene.Snapshot.LogFolder + "/saved/watch.html"; opened != want {
		t.Errorf("opened: got %q, want %q", opened, want)
	}
	for _, want := range []string{`<video src="http://localhost:8002/a%22%3E%3Cscript%3E/playlist.m3u8"`, "a&#34;&gt;&lt;script&gt;"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s:\n%s", want, page)
		}
	}
	if strings.Contains(page, "<script") {
		t.Errorf("the page has a script of a signal's name:\n%s", page)
	}
}
