package cli

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"livestream-tui/services/kit/service"
	"livestream-tui/tui"
	"livestream-tui/tui/preferences"
)

// configured gives the test a user's configuration folder with this file in it, or none.
func configured(t *testing.T, text string) (path string) {
	t.Helper()
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, "config"))
	path, err := preferences.Path()
	if err != nil {
		t.Fatal(err)
	}
	if text == "" {
		return path
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestConfigPrintsWhatHoldsAndItsPath(t *testing.T) {
	path := configured(t, "")
	if got, want := invoke(t, nil, "config").out, "# "+path+" (there is none: these are the defaults)\ntheme: auto\nconfirmations: true\nread_only: false\nnotifications: none\n"; got != want {
		t.Errorf("without a file: got\n%s\nwant\n%s", got, want)
	}
	path = configured(t, "theme: mono\nkeys: {kill: f9}\n")
	if got, want := invoke(t, nil, "config").out, "# "+path+"\ntheme: mono\nconfirmations: true\nread_only: false\nnotifications: none\nkeys:\n  kill: \"f9\"\n"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestABadConfigurationNamesItsLine(t *testing.T) {
	path := configured(t, "theme: mono\nkeys:\n  kill: \"?\"\n")
	got := invoke(t, nil, "config")
	if want := path + `:3: keys.kill: "?" is the key of help; give that another one, too`; got.status != statusConfiguration || got.out != "" || !strings.Contains(got.errs, want) {
		t.Errorf("got status %d and\n%s\nwant %d and %s", got.status, got.errs, statusConfiguration, want)
	}
	var o screenFlags
	a, _, _ := newTestApp(t, nil)
	o.addTo(versionCommand(a), service.Environment{})
	if err := o.load(io.Discard); statusOf(err) != statusConfiguration {
		t.Errorf("a dashboard: got %v, want the status of a bad configuration", err)
	}
}

func TestAPanelThatWasRenamedIsReadWithAWarning(t *testing.T) {
	path := configured(t, "screens:\n  - name: a\n    rows: [{panels: [{panel: failovers}]}]\n")
	got := invoke(t, nil, "config")
	if want := path + `:3: screens[0].rows[0].panels[0].panel: the panel "failovers" is called "events" now`; got.status != 0 || !strings.Contains(got.errs, want) || !strings.Contains(got.out, "events") || strings.Contains(got.out, "failovers") {
		t.Errorf("got status %d, %q and\n%s\nwant 0, %q and the panel of today", got.status, got.errs, got.out, want)
	}
}

func TestFlagsGoBeforeTheConfiguration(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		args []string
		want tui.Options
	}{
		"nothing at all":     {"", nil, tui.Options{Theme: "auto"}},
		"the configuration":  {"theme: dark\nascii: true\nread_only: true\nconfirmations: false\n", nil, tui.Options{Theme: "dark", ASCII: true, ReadOnly: true, Unasked: true}},
		"flags":              {"", []string{"--theme", "light", "--ascii", "--read-only"}, tui.Options{Theme: "light", ASCII: true, ReadOnly: true}},
		"flags against both": {"theme: dark\nascii: true\nread_only: true\n", []string{"--theme", "auto", "--ascii=false", "--read-only=false"}, tui.Options{Theme: "auto"}},
	} {
		t.Run(name, func(t *testing.T) {
			configured(t, c.text)
			a, _, _ := newTestApp(t, nil)
			var o screenFlags
			cmd := versionCommand(a)
			o.addTo(cmd, service.Environment{"LANG": "C.UTF-8"})
			if err := cmd.ParseFlags(c.args); err != nil {
				t.Fatal(err)
			}
			if err := o.load(io.Discard); err != nil {
				t.Fatal(err)
			}
			got := o.options(tui.Options{})
			if got.Theme != c.want.Theme || got.ASCII != c.want.ASCII || got.ReadOnly != c.want.ReadOnly || got.Unasked != c.want.Unasked {
				t.Errorf("got theme %s, ASCII %t, read-only %t, unasked %t, want %s, %t, %t, %t",
					got.Theme, got.ASCII, got.ReadOnly, got.Unasked, c.want.Theme, c.want.ASCII, c.want.ReadOnly, c.want.Unasked)
			}
		})
	}
}
