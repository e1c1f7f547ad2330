package preferences

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/layouts"
)

// few are the values that these files may have.
func few() Allowed {
	return Allowed{
		Themes: []string{"auto", "dark"}, Notifications: []string{"none", "osc9"}, Panels: []string{"logs", "services"}, Keys: []string{"kill", "restart"},
		CheckKeys: func(keys map[string][]string) map[string]string {
			if len(keys["kill"]) > 1 {
				return map[string]string{"kill": `"` + keys["kill"][1] + `" is the key of help`}
			}
			return nil
		},
	}
}

const whole = `# mine
theme: dark
ascii: true
confirmations: off
read_only: on
notifications: osc9
keys:
  kill: "ctrl+k"
  restart: f5 R
screens:
  - name: night
    rows:
      - height: 2
        panels:
          - {panel: services}
      - panels: [{panel: logs, weight: 3}]
`

func TestAFileIsReadWhole(t *testing.T) {
	got, err := Parse("config.yaml", []byte(whole), few())
	if err != nil {
		t.Fatal(err)
	}
	yes := true
	want := Preferences{
		Theme: "dark", ASCII: &yes, ReadOnly: true, Notifications: "osc9", Keys: map[string][]string{"kill": {"ctrl+k"}, "restart": {"f5", "R"}},
		Screens: []layouts.Screen{{Name: "night", Rows: []layouts.Row{
			{Height: 2, Panels: []layouts.Panel{{Name: "services"}}}, {Panels: []layouts.Panel{{Name: "logs", Weight: 3}}},
		}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("preferences (-want +got):\n%s", diff)
	}
	again, err := Parse("written", []byte(got.Write(few())), few())
	if err != nil {
		t.Fatalf("what is written does not read back: %v\n%s", err, got.Write(few()))
	}
	if once, twice := got.Write(few()), again.Write(few()); once != twice {
		t.Errorf("what is written reads back as something else:\n%s\n%s", once, twice)
	}
}

func TestMistakesNameLineFieldValueAndWhatIsAllowed(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"an unknown field":       {"theme: dark\ncolour: red\n", "c.yaml:2: colour: unknown field; allowed are theme, ascii, confirmations, read_only, notifications, keys, screens"},
		"an unknown theme":       {"\ntheme: plaid\n", `c.yaml:2: theme: "plaid": allowed are auto, dark`},
		"neither true nor false": {"read_only: maybe\n", `c.yaml:1: read_only: "maybe": allowed are true, false, on, off`},
		"an unknown key":         {"keys:\n  slay: x\n", "c.yaml:2: keys.slay: unknown field; allowed are kill, restart"},
		"a key that is taken":    {"keys:\n  restart: R\n  kill: x ?\n", `c.yaml:3: keys.kill: "?" is the key of help`},
		"no key":                 {"keys:\n  kill: \"\"\n", "c.yaml:2: keys.kill: a key is expected, such as x, f5 or ctrl+k; several are separated by blanks"},
		"an unknown panel":       {"screens:\n  - name: a\n    rows: [{panels: [{panel: map}]}]\n", `c.yaml:3: screens[0].rows[0].panels[0].panel: "map": allowed are logs, services`},
		"all that is wrong":      {"theme: plaid\nread_only: 7\n", "c.yaml:1: theme: \"plaid\": allowed are auto, dark\nc.yaml:2: read_only: \"7\": allowed are true, false, on, off"},
		"a list":                 {"- theme\n", "c.yaml:1: fields and values are expected, such as name: main"},
		"no YAML":                {"theme: [\n", "c.yaml:1: sequence end token ']' not found"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("c.yaml", []byte(c.text), few())
			if err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestWithoutAFileTheDefaultsHold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	want := Preferences{Theme: "auto", Notifications: "none", Confirmations: true}
	got, found, err := Load(path, few())
	if diff := cmp.Diff(want, got); diff != "" || found || err != nil {
		t.Errorf("got found %t, %v, preferences (-want +got):\n%s", found, err, diff)
	}
	for name, text := range map[string]string{"empty": "", "only comments": "# theme: dark\n\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, found, err := Load(path, few())
		if diff := cmp.Diff(want, got); diff != "" || !found || err != nil {
			t.Errorf("%s: got found %t, %v, preferences (-want +got):\n%s", name, found, err, diff)
		}
	}
	if _, _, err := Load(filepath.Dir(path), few()); err == nil {
		t.Error("a folder: got no error")
	}
}
