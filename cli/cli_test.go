package cli

import (
	"bytes"
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"livestream-tui/services/kit/service"
)

// invocation is what one command line did.
type invocation struct {
	status    status
	out, errs string
}

// newTestApp returns an app with an environment of its own, and what it writes.
func newTestApp(t *testing.T, env service.Environment) (a *app, out, errs *bytes.Buffer) {
	t.Helper()
	folder := t.TempDir()
	own := service.Environment{"HOME": folder, "RUN_PATH": folder}
	maps.Copy(own, env)
	out, errs = new(bytes.Buffer), new(bytes.Buffer)
	return &app{version: "v1.2.3", env: own, out: out, errs: errs}, out, errs
}

// invoke runs a command line that launches nothing.
func invoke(t *testing.T, env service.Environment, args ...string) invocation {
	t.Helper()
	a, out, errs := newTestApp(t, env)
	s := a.run(args)
	return invocation{s, out.String(), errs.String()}
}

func TestResultGoesToStandardOutput(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"the version", []string{"version"}, "livestream-tui v1.2.3 ("},
		{"the version by its flag", []string{"--version"}, "livestream-tui v1.2.3 ("},
		{"the layouts", []string{"layouts"}, "redundant  "},
		{"a layout", []string{"layouts", "redundant"}, "processes:"},
		{"the faults", []string{"drill", "--list"}, "disk-full"},
		{"an empty cache", []string{"cache"}, "0 mezzanines"},
		{"the settings", []string{"help", "environment"}, "\nPROXY_PORT "},
		{"the settings by their command", []string{"environment"}, "\nPROXY_PORT "},
		{"the settings as a file", []string{"environment", "--file"}, "\n#PROXY_PORT=8002\n"},
		{"the manual page", []string{"man"}, ".TH \"LIVESTREAM\\-TUI\" \"1\""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := invoke(t, nil, c.args...)
			if got.status != statusOK || got.errs != "" || !strings.Contains(got.out, c.want) {
				t.Errorf("got status %d, standard error %q and standard output\n%s\nwant status 0 and %q on standard output", got.status, got.errs, got.out, c.want)
			}
		})
	}
}

func TestWrongUsageNamesTheHelpOfItsCommand(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		says string
		help string
	}{
		{"a misspelt command", []string{"atach"}, "did you mean attach?", "see: livestream-tui --help"},
		{"a misspelt command of ctl", []string{"ctl", "statu"}, "did you mean status", "see: livestream-tui ctl --help"},
		{"help on an unknown command", []string{"help", "nosuch"}, `unknown command "nosuch"`, "see: livestream-tui help --help"},
		{"ctl without a command", []string{"ctl"}, "ctl needs a command: drain, failover, ", "see: livestream-tui ctl --help"},
		{"a time that has passed", []string{"--headless", "--for", "-1s"}, "--for -1s", "see: livestream-tui --help"},
		{"a time without a unit", []string{"--headless", "--for", "5x"}, `--for "5x": allowed is a number with a unit`, "see: livestream-tui --help"},
		{"players that are no number", []string{"drill", "--players", "many"}, `--players "many": allowed is a whole number`, "see: livestream-tui drill --help"},
		{"a token for nothing", []string{"token"}, "token takes the name of one signal, and has 0", "see: livestream-tui token --help"},
		{"a completion for an unknown shell", []string{"completion", "ksh"}, `unknown command "ksh"`, "see: livestream-tui completion --help"},
		{"a completion for no shell", []string{"completion"}, "allowed are bash, fish, powershell, zsh", "see: livestream-tui completion --help"},
		{"a dashboard's flag without a dashboard", []string{"--headless", "--theme", "dark"}, "--ascii, --theme and --read-only", "see: livestream-tui --help"},
		{"an unknown theme", []string{"attach", "--theme", "plaid"}, `--theme "plaid"`, "see: livestream-tui attach --help"},
		{"an unknown layout", []string{"--headless", "--layout", "nosuch"}, `"nosuch"`, "see: livestream-tui --help"},
		{"an unknown layout of a drill", []string{"drill", "--layout", "nosuch"}, `"nosuch"`, "see: livestream-tui drill --help"},
		{"no players", []string{"drill", "--players", "0"}, "--players 0", "see: livestream-tui drill --help"},
		{"a soak that is too short", []string{"drill", "soak", "--for", "1s"}, "--for 1s", "see: livestream-tui drill soak --help"},
		{"a wait of no time", []string{"ctl", "start", "proxy", "--timeout", "0s"}, "--timeout 0s", "see: livestream-tui ctl start --help"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := invoke(t, nil, c.args...)
			if got.status != statusUsage {
				t.Errorf("exit status: got %d, want %d", got.status, statusUsage)
			}
			if got.out != "" || !strings.Contains(got.errs, c.says) || !strings.HasSuffix(got.errs, c.help+"\n") {
				t.Errorf("got %q on standard output and on standard error\n%s\nwant %q and %q there", got.out, got.errs, c.says, c.help)
			}
		})
	}
}

func TestErrorIsALineOfLogForASupervisor(t *testing.T) {
	got := invoke(t, service.Environment{"LOG_FORMAT": "json", "PROXY_PORT": "x"}, "proxy")
	if got.status != statusConfiguration {
		t.Errorf("exit status: got %d, want %d", got.status, statusConfiguration)
	}
	var line struct {
		Level   string `json:"@level"`
		Module  string `json:"@module"`
		Message string `json:"@message"`
	}
	if err := json.Unmarshal([]byte(got.errs), &line); err != nil {
		t.Fatalf("standard error is not one line of JSON: %v\n%s", err, got.errs)
	}
	if line.Level != "error" || line.Module != "proxy" || !strings.Contains(line.Message, "PROXY_PORT") {
		t.Errorf("got %+v, want an error of proxy that names PROXY_PORT", line)
	}
}
