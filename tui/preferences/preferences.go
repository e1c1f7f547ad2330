package preferences

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"livestream-tui/layouts"
	"livestream-tui/layouts/document"
)

// Preferences are what an operator prefers. Flags of the command line go before them.
type Preferences struct {
	// Theme is one of Allowed.Themes.
	Theme string
	// ASCII draws in ASCII only; nil leaves that to the locale.
	ASCII *bool
	// Confirmations: what takes the stream off air asks first.
	Confirmations bool
	// ReadOnly: keys that command the platform are refused.
	ReadOnly bool
	// Notifications is how the terminal is told to show a notification on the desktop when a
	// signal goes off air; one of terminal.Notifications.
	Notifications string
	// Keys are other keys for those of the keymap, by the names of Allowed.Keys.
	Keys map[string][]string
	// Screens are shown in the place of the layout's; empty means those of the layout.
	Screens []layouts.Screen
	// Warnings are what the file has that is out of date and was read all the same, a line
	// each; empty when there is nothing.
	Warnings []string
}

// Allowed are the values that a file may have.
type Allowed struct {
	// Themes are the names of the themes, the default first; Panels those of the panels.
	Themes, Panels []string
	// Notifications are the ways to a notification on the desktop, the default first.
	Notifications []string
	// Keys are the names of the keymap.
	Keys []string
	// CheckKeys returns what is wrong with keys, by name.
	CheckKeys func(keys map[string][]string) map[string]string
}

// Path returns where the file is, whether there is one or not.
func Path() (string, error) {
	folder, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("config.yaml: %w", err)
	}
	return filepath.Join(folder, "livestream-tui", "config.yaml"), nil
}

// Load reads the file at path. Without one, the preferences are the defaults and found is
// false. The error names each thing that is wrong on a line of its own: file, line, field,
// value and what is allowed.
func Load(path string, allowed Allowed) (p Preferences, found bool, err error) {
	b, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return defaults(allowed), false, nil
	case err != nil:
		return Preferences{}, false, err
	}
	p, err = Parse(path, b, allowed)
	return p, true, err
}

func defaults(allowed Allowed) Preferences {
	return Preferences{Theme: allowed.Themes[0], Notifications: allowed.Notifications[0], Confirmations: true}
}

// Parse reads a file's text. file is its name, for errors.
func Parse(file string, b []byte, allowed Allowed) (Preferences, error) {
	p := parse{Reader: document.Reader{File: file}, allowed: allowed, Preferences: defaults(allowed)}
	if len(strings.TrimSpace(withoutComments(string(b)))) == 0 {
		return p.Preferences, nil
	}
	if root := p.Body(b, "fields such as theme: dark"); root != nil {
		p.Mapping(root, "",
			document.Field{Name: "theme", Read: func(n ast.Node, path string) { p.Theme = p.OneOf(n, path, allowed.Themes) }},
			document.Field{Name: "ascii", Read: func(n ast.Node, path string) { v := p.truth(n, path); p.ASCII = &v }},
			document.Field{Name: "confirmations", Read: func(n ast.Node, path string) { p.Confirmations = p.truth(n, path) }},
			document.Field{Name: "read_only", Read: func(n ast.Node, path string) { p.ReadOnly = p.truth(n, path) }},
			document.Field{Name: "notifications", Read: func(n ast.Node, path string) { p.Notifications = p.OneOf(n, path, allowed.Notifications) }},
			document.Field{Name: "keys", Read: p.keys},
			document.Field{Name: "screens", Read: func(n ast.Node, path string) {
				p.Screens = layouts.ReadScreens(&p.Reader, n, path, allowed.Panels...)
			}},
		)
	}
	if err := p.Err(); err != nil {
		return Preferences{}, err
	}
	p.Preferences.Warnings = p.Reader.Warnings()
	return p.Preferences, nil
}

// withoutComments returns a text without the lines that are comments.
func withoutComments(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// parse is a file on its way to Preferences.
type parse struct {
	document.Reader
	Preferences
	allowed Allowed
}

// truth reads on or off; true and false do as well.
func (p *parse) truth(n ast.Node, path string) bool {
	switch p.OneOf(n, path, []string{"true", "false", "on", "off"}) {
	case "true", "on":
		return true
	}
	return false
}

// keys reads the keys of each name, separated by blanks.
func (p *parse) keys(n ast.Node, path string) {
	p.Keys = map[string][]string{}
	at := map[string]ast.Node{}
	var fields []document.Field
	for _, name := range p.allowed.Keys {
		fields = append(fields, document.Field{Name: name, Read: func(n ast.Node, path string) {
			at[name] = n
			if p.Keys[name] = strings.Fields(p.Text(n, path)); len(p.Keys[name]) == 0 {
				p.Bad(n, path, "a key is expected, such as x, f5 or ctrl+k; several are separated by blanks")
			}
		}})
	}
	p.Mapping(n, path, fields...)
	for name, wrong := range p.allowed.CheckKeys(p.Keys) {
		p.Bad(at[name], document.Join(path, name), "%s", wrong)
	}
}

// Write returns the preferences as the text of a file.
func (p Preferences) Write(allowed Allowed) string {
	var b strings.Builder
	fmt.Fprintf(&b, "theme: %s\n", p.Theme)
	if p.ASCII != nil {
		fmt.Fprintf(&b, "ascii: %t\n", *p.ASCII)
	}
	fmt.Fprintf(&b, "confirmations: %t\nread_only: %t\nnotifications: %s\n", p.Confirmations, p.ReadOnly, p.Notifications)
	if len(p.Keys) > 0 {
		b.WriteString("keys:\n")
	}
	for _, name := range allowed.Keys {
		if keys := p.Keys[name]; len(keys) > 0 {
			fmt.Fprintf(&b, "  %s: %q\n", name, strings.Join(keys, " "))
		}
	}
	if len(p.Screens) > 0 {
		b.WriteString("screens:\n")
	}
	for _, s := range p.Screens {
		writeScreen(&b, s)
	}
	return b.String()
}

func writeScreen(b *strings.Builder, s layouts.Screen) {
	fmt.Fprintf(b, "  - name: %q\n    rows:\n", s.Name)
	for _, r := range s.Rows {
		fmt.Fprintf(b, "      - height: %d\n        panels:\n", max(r.Height, 1))
		for _, p := range r.Panels {
			fmt.Fprintf(b, "          - {panel: %s, weight: %d, stacked: %d}\n", p.Name, max(p.Weight, 1), max(p.Stacked, 1))
		}
	}
}
