package pictures

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"html"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"livestream-tui/test/harness"
)

var pictures = flag.Bool("pictures", false, "make README's pictures of the dashboard anew, in docs/")

// TestPictures makes README's pictures from the program itself: make pictures.
func TestPictures(t *testing.T) {
	if !*pictures {
		t.Skip("make pictures runs it")
	}
	path := harness.Binary(t)
	write := func(name string, b []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(harness.Root(), "docs", name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	env := harness.Settings(t)
	env["SERVER_ONE_PORT"], env["SERVER_TWO_PORT"] = "8080", "9090" // the default ports, which a platform that runs here would take
	env["REPORTER_PORT"], env["ORIGIN_PORT"], env["PROXY_PORT"] = "2000", "8001", "8002"
	s := harness.OpenShell(t, env, path)
	s.Start()
	s.Await(60*time.Second, `ON AIR.* via server1(?s:.*)ACT(?s:.*)sby`)
	s.Await(60*time.Second, `up 00:2\d`) // sparklines have something to show

	film := record(s, 80, 24, 1500*time.Millisecond, 8*time.Second, func() { s.Press("K") })
	write("kill.svg", film.svg())
	write("kill.cast", film.cast())

	s.Press("k") // away from the process that was killed
	s.Tmux.Tmux("resize-window", "-x", "120", "-y", "36")
	s.Await(20*time.Second, `(?s)(1→2|2→1).*FOLLOW`)
	s.Await(20*time.Second, `(?s)up 00:[45]`)
	write("dashboard.svg", recording{w: 120, h: 36, frames: []shot{{lines: coloured(s)}}}.svg())
	s.Press("C-c")
	s.Await(20*time.Second, `(?m)^viewer +stopped after`)
}

// shot is what the screen shows from a moment on.
type shot struct {
	at    time.Duration
	lines []string // with their SGR sequences
}

// recording is the shots of a screen of w by h cells, each different from the one before.
type recording struct {
	w, h   int
	lasts  time.Duration
	frames []shot
}

// coloured is the screen with its colours. Each line is complete by itself: tmux lets a
// style run on into the next line.
func coloured(s *harness.Shell) []string {
	lines := strings.Split(strings.TrimSuffix(s.Tmux.Tmux("capture-pane", "-p", "-e"), "\n"), "\n")
	var style sgr
	for i, line := range lines {
		lines[i] = style.String() + line
		for _, part := range strings.Split(line, "\x1b[")[1:] {
			if params, _, ok := strings.Cut(part, "m"); ok {
				style.take(params)
			}
		}
	}
	return lines
}

// record films the screen at a size, and calls do after a while.
func record(s *harness.Shell, w, h int, before, lasts time.Duration, do func()) recording {
	s.Tmux.Tmux("resize-window", "-x", strconv.Itoa(w), "-y", strconv.Itoa(h))
	s.Await(20*time.Second, fmt.Sprintf(`(?m)^.{%d,}$`, w-10))
	r := recording{w: w, h: h, lasts: lasts}
	settled := coloured(s)
	for again := coloured(s); !slices.Equal(settled, again); again = coloured(s) {
		settled = again // the new size is being drawn
	}
	began := time.Now()
	for done := false; time.Since(began) < lasts; time.Sleep(200 * time.Millisecond) { // the film's own pace
		if !done && time.Since(began) >= before {
			do()
			done = true
		}
		at, lines := time.Since(began), coloured(s)
		if n := len(r.frames); n == 0 || !slices.Equal(r.frames[n-1].lines, lines) {
			r.frames = append(r.frames, shot{at, lines})
		}
	}
	return r
}

// cast is the recording in asciinema's format 2: of each shot, the lines that are new.
func (r recording) cast() []byte {
	var b bytes.Buffer
	put := func(v any) {
		line, err := json.Marshal(v)
		if err != nil {
			panic(err) // strings and numbers can always be encoded
		}
		b.Write(append(line, '\n'))
	}
	put(map[string]any{"version": 2, "width": r.w, "height": r.h, "title": "a kill that nobody notices"})
	var shown []string
	for _, f := range r.frames {
		text := "\x1b[?25l"
		for y, line := range f.lines {
			if y >= len(shown) || shown[y] != line {
				text += fmt.Sprintf("\x1b[%d;1H\x1b[0m%s", y+1, line)
			}
		}
		put([]any{f.at.Seconds(), "o", text})
		shown = f.lines
	}
	return b.Bytes()
}

const (
	cellW, cellH = 8, 17 // pixels
	margin       = 8
	ground, ink  = "#0d1117", "#c9d1d9"
)

// svg is the recording as a picture, in a loop if there is more than one shot. Each line
// of the screen is shown for as long as it was there.
func (r recording) svg() []byte {
	classes := map[string]string{} // of styles
	var body, times strings.Builder
	moving := 0
	for y := range r.h {
		for i := 0; i < len(r.frames); {
			line, j := r.line(i, y), i+1
			for j < len(r.frames) && r.line(j, y) == line {
				j++
			}
			drawn := svgLine(line, y, classes)
			switch {
			case drawn == "":
			case i == 0 && j == len(r.frames):
				body.WriteString(drawn)
			default:
				part := func(k int) float64 {
					if k == len(r.frames) {
						return 100
					}
					return 100 * r.frames[k].at.Seconds() / r.lasts.Seconds()
				}
				from, to := part(i), part(j)
				if i == 0 {
					from = 0
				}
				moving++
				fmt.Fprintf(&times, "#l%d{animation-name:k%d}@keyframes k%d{0%%{visibility:%s}%.1f%%{visibility:visible}%.1f%%{visibility:hidden}}\n",
					moving, moving, moving, map[bool]string{true: "visible", false: "hidden"}[i == 0], from, min(to, 99.99))
				fmt.Fprintf(&body, `<g id="l%d" class="m">%s</g>`, moving, drawn)
			}
			i = j
		}
	}
	var b bytes.Buffer
	w, h := r.w*cellW+2*margin, r.h*cellH+2*margin
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d"><style>`, w, h, w, h)
	fmt.Fprintf(&b, "text{font:14px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;white-space:pre}")
	if moving > 0 {
		fmt.Fprintf(&b, ".m{visibility:hidden;animation:%gs step-end infinite}\n", r.lasts.Seconds())
	}
	for _, style := range slices.SortedFunc(maps.Keys(classes), func(a, b string) int { return cmp.Compare(classes[a], classes[b]) }) {
		fmt.Fprintf(&b, ".%s{%s}", classes[style], style)
	}
	fmt.Fprintf(&b, "\n%s</style><rect width=\"100%%\" height=\"100%%\" rx=\"6\" fill=\"%s\"/>\n%s</svg>\n", times.String(), ground, body.String())
	return b.Bytes()
}

func (r recording) line(i, y int) string {
	if y >= len(r.frames[i].lines) {
		return ""
	}
	return r.frames[i].lines[y]
}

// sgr is the style of text on a terminal.
type sgr struct {
	fg, bg             string // empty for the terminal's own
	bold, faint, under bool
	reverse            bool
}

// String is the escape sequence that sets the style, after a reset.
func (s sgr) String() string {
	var params []string
	for _, p := range []struct {
		on   bool
		text string
	}{{s.bold, "1"}, {s.faint, "2"}, {s.under, "4"}, {s.reverse, "7"}} {
		if p.on {
			params = append(params, p.text)
		}
	}
	for _, c := range []struct{ colour, kind string }{{s.fg, "38"}, {s.bg, "48"}} {
		var r, g, b int
		if n, _ := fmt.Sscanf(c.colour, "#%02x%02x%02x", &r, &g, &b); n == 3 {
			params = append(params, fmt.Sprintf("%s;2;%d;%d;%d", c.kind, r, g, b))
		}
	}
	if len(params) == 0 {
		return ""
	}
	return "\x1b[" + strings.Join(params, ";") + "m"
}

// take applies the parameters of one SGR sequence.
func (s *sgr) take(params string) {
	fields := strings.Split(strings.ReplaceAll(params, ":", ";"), ";")
	for i := 0; i < len(fields); i++ {
		n, _ := strconv.Atoi(fields[i]) // empty is 0
		switch {
		case n == 0:
			*s = sgr{}
		case n == 1:
			s.bold = true
		case n == 2:
			s.faint = true
		case n == 4:
			s.under = true
		case n == 7:
			s.reverse = true
		case n == 22:
			s.bold, s.faint = false, false
		case n == 39:
			s.fg = ""
		case n == 49:
			s.bg = ""
		case (n == 38 || n == 48) && i+4 < len(fields) && fields[i+1] == "2":
			var c [3]int
			for k := range c {
				c[k], _ = strconv.Atoi(fields[i+2+k])
			}
			colour := fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2])
			if n == 38 {
				s.fg = colour
			} else {
				s.bg = colour
			}
			i += 4
		}
	}
}

// svgLine draws a line of the screen: its backgrounds, then its text. Each run of text
// has the width of its cells in any font.
func svgLine(line string, y int, classes map[string]string) string {
	var b strings.Builder
	var s sgr
	x := 0
	class := func(style string) string {
		if classes[style] == "" {
			classes[style] = fmt.Sprintf("c%02d", len(classes))
		}
		return classes[style]
	}
	put := func(run string) {
		n := ansi.StringWidth(run)
		fg, bg := cmp.Or(s.fg, ink), s.bg
		if s.reverse {
			fg, bg = cmp.Or(s.bg, ground), cmp.Or(s.fg, ink)
		}
		left, top := margin+x*cellW, margin+y*cellH
		if bg != "" && bg != ground {
			fmt.Fprintf(&b, `<path class="%s" d="M%d %dh%dv%dh-%dz"/>`, class("fill:"+bg), left, top, n*cellW, cellH, n*cellW)
		}
		if trimmed := strings.TrimLeft(run, " "); strings.TrimSpace(trimmed) != "" {
			skip := len(run) - len(trimmed)
			trimmed = strings.TrimRight(trimmed, " ")
			style := "fill:" + fg
			if s.bold {
				style += ";font-weight:bold"
			}
			if s.faint {
				style += ";opacity:.6"
			}
			if s.under {
				style += ";text-decoration:underline"
			}
			fmt.Fprintf(&b, `<text class="%s" x="%d" y="%d" textLength="%d">%s</text>`, class(style),
				left+skip*cellW, top+13, ansi.StringWidth(trimmed)*cellW, html.EscapeString(trimmed))
		}
		x += n
	}
	for line != "" {
		at := strings.Index(line, "\x1b[")
		if at < 0 {
			put(line)
			break
		}
		if at > 0 {
			put(line[:at])
		}
		end := strings.IndexByte(line[at:], 'm')
		if end < 0 {
			break
		}
		s.take(line[at+2 : at+end])
		line = line[at+end+1:]
	}
	return b.String()
}

func TestPictureIsWhatTheTerminalShows(t *testing.T) {
	r := recording{w: 12, h: 2, lasts: 2 * time.Second, frames: []shot{
		{0, []string{"\x1b[1;38;2;63;185;80mON AIR\x1b[0m <ok>", "\x1b[48;2;1;2;3m  a\x1b[0m"}},
		{time.Second, []string{"\x1b[1;38;2;63;185;80mON AIR\x1b[0m <ok>", "b"}},
	}}
	got := string(r.svg())
	for _, want := range []string{
		`x="8" y="21" textLength="48">ON AIR</text>`, `x="64" y="21" textLength="32">&lt;ok&gt;</text>`, "fill:#3fb950;font-weight:bold", "fill:#010203",
		"k1{0%{visibility:visible}0.0%{visibility:visible}50.0%{visibility:hidden}}", "k2{0%{visibility:hidden}50.0%{visibility:visible}100.0%{visibility:hidden}}",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the picture lacks %s:\n%s", want, got)
		}
	}
	if n := strings.Count(got, "ON AIR"); n != 1 {
		t.Errorf("what does not change is drawn %d times, want once", n)
	}
	if got := strings.Count(string(r.cast()), "\n"); got != 3 {
		t.Errorf("the cast has %d lines, want its head and two shots", got)
	}
}
