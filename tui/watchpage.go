package tui

import (
	"html/template"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"livestream-tui/tui/canvas"
)

// watchPageName is the file of the page that the key b opens.
const watchPageName = "watch.html"

// watchPage plays signals, each in a player of the browser's own.
var watchPage = template.Must(template.New("watch").Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>livestream-tui</title>
<style>
body { margin: 1rem; background: #0d1117; color: #c9d1d9; font: 1rem sans-serif }
main { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 1rem }
figure { margin: 0 }
video { width: 100%; aspect-ratio: 16/9; background: #000 }
a { color: #79c0ff }
</style>
<main>
{{range .}}<figure>
<video src="{{.URL}}" controls autoplay muted playsinline
 onerror="this.nextElementSibling.hidden = false"></video>
<p hidden>This browser does not play HLS by itself: open the address in Safari or VLC.</p>
<figcaption>{{.Signal}} <a href="{{.URL}}">{{.URL}}</a></figcaption>
</figure>
{{end}}</main>
</html>
`))

// watched is a signal on the page.
type watched struct{ Signal, URL string }

// browser writes a page that plays every signal, and opens it.
func (m *model) browser() tea.Cmd {
	var list []watched
	for _, l := range m.scene.Live {
		list = append(list, watched{canvas.Clean(l.Signal), m.scene.Snapshot.Playlist(l.Signal)})
	}
	switch {
	case m.scene.Snapshot.PlayURL == "":
		m.notify("this layout has no proxy to open", true)
		return nil
	case len(list) == 0:
		m.notify(nothingToPlay, true)
		return nil
	}
	open, write, folder := m.outside.Browser, m.outside.Write, m.scene.Snapshot.LogFolder
	return m.openOutside("the browser", canvas.Count(len(list), "signal"), list[0].URL, func() error {
		var page strings.Builder
		if err := watchPage.Execute(&page, list); err != nil {
			return err
		}
		path, err := write(folder, watchPageName, page.String())
		if err != nil {
			return err
		}
		return open("file://" + path)
	})
}
