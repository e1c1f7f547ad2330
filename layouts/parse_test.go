package layouts

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const wellFormed = `about: two of a kind
processes:
  - service: packager
    depends_on: [feed]
    name: server7
    port: {variable: PACKAGER_PORT, default: 7070}
    environment: {PACKAGER_NAME: server7, WINDOW_SEGMENTS: 5}
    restart: on-failure
    grace: 1500ms
  - name: feed
    service: worker
    port: {variable: FEED_PORT, default: 7071, held: true}
screens:
  - name: main
    rows:
      - height: 2
        panels: [{panel: services, weight: 3, stacked: 2}, {panel: logs}]
        from: 40
`

// panelNames are what the dashboard has, in these tests.
var panelNames = []string{"pipeline", "services", "packagers", "ingest", "signals", "inputs", "events", "viewers", "audience", "machines", "plots", "logs"}

func TestParseReadsEveryField(t *testing.T) {
	got, err := Parse("somewhere/two.yaml", []byte(wellFormed))
	if err != nil {
		t.Fatal(err)
	}
	want := Layout{
		Name: "two", About: "two of a kind",
		Processes: []Process{
			{
				Name: "server7", Service: "packager", PortVariable: "PACKAGER_PORT", PortDefault: 7070,
				Environment: map[string]string{"PACKAGER_NAME": "server7", "WINDOW_SEGMENTS": "5"},
				DependsOn:   []string{"feed"}, Restart: "on-failure", Grace: 1500 * time.Millisecond,
			},
			{Name: "feed", Service: "worker", PortVariable: "FEED_PORT", PortDefault: 7071, PortHeld: true, Restart: "always"},
		},
		Screens: []Screen{{Name: "main", Rows: []Row{{Height: 2, From: 40, Panels: []Panel{
			{Name: "services", Weight: 3, Stacked: 2}, {Name: "logs"},
		}}}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("layout (-want +got):\n%s", diff)
	}
}

// badLayouts are changes to wellFormed, and the errors that they make.
var badLayouts = []struct {
	name, old, new string // one change to what is well formed
	want           string
}{
	{
		"a policy that there is not", "restart: on-failure", "restart: sometimes",
		`x.yaml:8: processes[0].restart: "sometimes": allowed are always, on-failure, never`,
	},
	{
		"a misspelt field", "grace:", "grase:",
		`x.yaml:9: processes[0].grase: unknown field; allowed are name, service, port, environment, depends_on, restart, grace`,
	},
	{
		"an unknown field at the top", "about:", "title:",
		`x.yaml:1: title: unknown field; allowed are about, environment, signals, processes, screens`,
	},
	{
		"an unknown service", "service: worker", "service: wroker",
		`x.yaml:11: processes[1].service: "wroker": allowed are ` + strings.Join(ServiceNames(), ", "),
	},
	{
		"a name that stands twice", "name: feed", "name: server7",
		`x.yaml:10: processes[1].name: "server7" stands twice; each process needs a name of its own`,
	},
	{
		"a name unfit for a path", "name: feed", "name: ../feed",
		`x.yaml:10: processes[1].name: "../feed": allowed are 1 to 32 lower-case letters, digits and -, the first a letter or digit`,
	},
	{
		"a process without a service", "    service: worker\n", "",
		`x.yaml:10: processes[1].service: missing`,
	},
	{
		"a dependency on a process that is not there", "[feed]", "[reporter]",
		`x.yaml:4: processes[0].depends_on[0]: "reporter" is no process of this layout; there are server7, feed`,
	},
	{
		"a dependency on itself", "[feed]", "[server7]",
		`x.yaml:4: processes[0].depends_on[0]: server7 depends on server7, which depends on server7: neither could ever start`,
	},
	{
		"a circle of dependencies", "service: worker", "service: worker\n    depends_on: [server7]",
		`x.yaml:4: processes[0].depends_on[0]: server7 depends on feed, which depends on server7: neither could ever start` + "\n" +
			`x.yaml:12: processes[1].depends_on[0]: feed depends on server7, which depends on feed: neither could ever start`,
	},
	{
		"a grace without a unit", "1500ms", "1500",
		`x.yaml:9: processes[0].grace: "1500": allowed is a number with a unit, such as 500ms or 10s, up to 10m0s`,
	},
	{
		"a port out of range", "default: 7070", "default: 70700",
		`x.yaml:6: processes[0].port.default: "70700": allowed is a number from 1 to 65535`,
	},
	{
		"half a port", ", default: 7070", "",
		`x.yaml:6: processes[0].port: both variable and default are needed, such as {variable: PROXY_PORT, default: 8002}`,
	},
	{
		"a packager's held port", "default: 7070", "default: 7070, held: true",
		`x.yaml:6: processes[0].port.held: packager is a packager, whose port is never held: its refusal is the fastest sign of its death; allowed is false`,
	},
	{
		"held in other words", "held: true", "held: yes",
		`x.yaml:12: processes[1].port.held: "yes": allowed are true, false`,
	},
	{
		"a variable in small letters", "PACKAGER_NAME", "packager_name",
		`x.yaml:7: processes[0].environment.packager_name: "packager_name": allowed are capital letters, digits and _, the first a letter`,
	},
	{
		"an unknown panel", "panel: logs", "panel: log",
		`x.yaml:17: screens[0].rows[0].panels[1].panel: "log": allowed are ` + strings.Join(panelNames, ", "),
	},
	{
		"a row without panels", "[{panel: services, weight: 3, stacked: 2}, {panel: logs}]", "[]",
		`x.yaml:16: screens[0].rows[0].panels: at least one is needed`,
	},
	{
		"a value where a list belongs", "[feed]", "feed",
		`x.yaml:4: processes[0].depends_on: a list is expected`,
	},
	{
		"a list where a value belongs", "name: feed", "name: [feed]",
		`x.yaml:10: processes[1].name: a single value is expected`,
	},
	{
		"an alias", "[feed]", "*feed",
		`x.yaml:4: processes[0].depends_on: a list is expected`,
	},
	{
		"a key that stands twice", "    name: server7\n", "    name: server7\n    name: server8\n",
		`x.yaml:6: mapping key "name" already defined at [5:5]`,
	},
}

func TestParseNamesFileLineAndField(t *testing.T) {
	for _, c := range badLayouts {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(wellFormed, c.old, c.new, 1)
			if text == wellFormed {
				t.Fatalf("%q is not in the layout", c.old)
			}
			_, err := Parse("x.yaml", []byte(text), panelNames...)
			if err == nil {
				t.Fatalf("got no error, want %s", c.want)
			}
			if got := err.Error(); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// TestALayoutOfAnEarlierVersionIsRead reads the panels that screens had before EVENTS and
// SIGNALS.
func TestALayoutOfAnEarlierVersionIsRead(t *testing.T) {
	text := strings.Replace(wellFormed, "{panel: logs}", "{panel: failovers}, {panel: packagers}, {panel: ingest}", 1)
	l, err := Parse("x.yaml", []byte(text), panelNames...)
	if err != nil {
		t.Fatal(err)
	}
	want := []Panel{{Name: "services", Weight: 3, Stacked: 2}, {Name: "events"}, {Name: "packagers"}, {Name: "ingest"}}
	if diff := cmp.Diff(want, l.Screens[0].Rows[0].Panels); diff != "" {
		t.Errorf("panels (-want +got):\n%s", diff)
	}
	if want := []string{`x.yaml:17: screens[0].rows[0].panels[1].panel: the panel "failovers" is called "events" now: write that`}; !cmp.Equal(want, l.Warnings) {
		t.Errorf("warnings: got %q, want %q", l.Warnings, want)
	}
}

func TestParseOfNothingUseful(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"an empty file":     {"", "x.yaml:1: one document is expected, with processes and screens"},
		"two documents":     {"about: a\n---\nabout: b\n", "x.yaml:1: one document is expected, with processes and screens"},
		"a list":            {"- a\n", "x.yaml:1: fields and values are expected, such as name: main"},
		"neither is there":  {"about: a\n", "x.yaml:1: processes: at least one is needed\nx.yaml:1: screens: at least one is needed"},
		"tabs to indent by": {"processes:\n\t- name: a\n", "x.yaml:2: found character '\t' that cannot start any token"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("x.yaml", []byte(c.text), panelNames...)
			if err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestEveryBuiltInLayoutIsWellFormed(t *testing.T) {
	if names := Names(); len(names) == 0 || !strings.Contains(strings.Join(names, " "), Default) {
		t.Fatalf("Names: got %v, want %s among them", names, Default)
	}
	for _, name := range Names() {
		l, err := Load(name, panelNames...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if l.Name != name || l.About == "" {
			t.Errorf("%s: got name %q, about %q, want the name and a sentence", name, l.Name, l.About)
		}
	}
}

func TestLoadOfAnUnknownNameListsTheKnown(t *testing.T) {
	_, err := Load("defualt")
	if err == nil || !strings.Contains(err.Error(), "default") || !strings.Contains(err.Error(), ".yaml file") {
		t.Errorf("got %v, want an error that names the built-in layouts and files", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(wellFormed)
	for _, name := range Names() {
		b, err := Source(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
	}
	f.Add("a: &a [*a]\n")
	f.Fuzz(func(t *testing.T, text string) {
		l, err := Parse("x.yaml", []byte(text), panelNames...)
		if err == nil && (len(l.Processes) == 0 || len(l.Screens) == 0) {
			t.Errorf("got a layout without processes or screens and no error")
		}
	})
}
