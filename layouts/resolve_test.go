package layouts

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const referring = `
environment: {URLS: "http://a:${ONE_PORT},http://b:${TWO_PORT}", SHARED: same, WHO: all}
processes:
  - {name: one, service: packager, port: {variable: ONE_PORT, default: 1}, environment: {WHO: one}}
  - {name: two, service: packager, port: {variable: TWO_PORT, default: 2}, environment: {PORT: "${TWO_PORT:-9}", FOLDER: "${PLACE:-here}/two$"}}
screens: [{name: main, rows: [{panels: [{panel: logs}]}]}]
`

func TestResolve(t *testing.T) {
	l, err := Parse("x.yaml", []byte(referring))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name     string
		operator map[string]string
		want     map[string]string // of two
	}{
		{"defaults", nil, map[string]string{"URLS": "http://a:1,http://b:2", "SHARED": "same", "WHO": "all", "PORT": "2", "FOLDER": "here/two$"}},
		{"the operator's word", map[string]string{"ONE_PORT": "7", "PLACE": "there", "WHO": "me"},
			map[string]string{"URLS": "http://a:7,http://b:2", "SHARED": "same", "WHO": "all", "PORT": "2", "FOLDER": "there/two$"}},
		{"an empty word does not count", map[string]string{"ONE_PORT": ""}, map[string]string{"URLS": "http://a:1,http://b:2", "SHARED": "same", "WHO": "all", "PORT": "2", "FOLDER": "here/two$"}},
	} {
		got, err := l.Resolve(c.operator)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, got.Processes[1].Environment); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		again, err := got.Resolve(map[string]string{"ONE_PORT": "99"})
		if diff := cmp.Diff(got, again); err != nil || diff != "" {
			t.Errorf("%s: resolved again: %v\n%s", c.name, err, diff)
		}
	}
	if got := l.Processes[0].Environment["WHO"]; got != "one" {
		t.Errorf("got %s, want the process's own word over the layout's", got)
	}
	if l.Processes[1].Environment["PORT"] != "${TWO_PORT:-9}" {
		t.Error("the layout itself changed")
	}
}

func TestWhatCannotBeResolvedIsNamed(t *testing.T) {
	l, err := Parse("x.yaml", []byte(strings.ReplaceAll(referring, "${TWO_PORT}", "${NOWHERE}")))
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.Resolve(nil)
	want := "layout x: process one: environment.URLS: NOWHERE is not set and is no port of this layout; set it, or write ${NOWHERE:-DEFAULT}\n" +
		"layout x: process two: environment.URLS: NOWHERE is not set and is no port of this layout; set it, or write ${NOWHERE:-DEFAULT}"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if got, err := l.Resolve(map[string]string{"NOWHERE": "5"}); err != nil || got.Processes[0].Environment["URLS"] != "http://a:1,http://b:5" {
		t.Errorf("set: got %v, %v", got.Processes[0].Environment, err)
	}
	for _, bad := range []string{"${", "${}", "${lower}", "${A-b}", "${A:-${B}}", "$${A"} {
		_, err := Parse("x.yaml", []byte(strings.ReplaceAll(referring, "WHO: one", `WHO: "`+bad+`"`)))
		if want := `x.yaml:4: processes[0].environment.WHO: "` + bad + `": allowed are ${NAME} and ${NAME:-DEFAULT}, NAME in capital letters, digits and _`; err == nil || err.Error() != want {
			t.Errorf("%s: got  %v\nwant %s", bad, err, want)
		}
	}
}

// The URLs of a built-in layout must follow its ports.
func TestEveryBuiltInLayoutResolves(t *testing.T) {
	for _, name := range Names() {
		l, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Resolve(nil); err != nil {
			t.Error(err)
		}
		if l.About == "" {
			t.Errorf("layout %s says nothing about itself", name)
		}
	}
}
