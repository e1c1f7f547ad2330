package e2e

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"livestream-tui/services"
	"livestream-tui/test/harness"
)

func TestCommandLineThatMakesNoSenseSaysWhy(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	layout := "processes:\n  - name: proxy\n    service: prox\n    port: {variable: PROXY_PORT, default: 80022}\n"
	if err := os.WriteFile(bad, []byte(layout), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		args   string
		env    map[string]string
		status int
		says   []string
	}{
		{"the version as a command", "version", nil, 0, []string{"livestream-tui "}},
		{"the version as a flag", "--version", nil, 0, []string{"livestream-tui "}},
		{"help on a command", "help doctor", nil, 0, []string{"Usage:"}},
		{"help on the settings", "help environment", nil, 0, services.SettingNames()},
		{"help on nothing that there is", "help nosuch", nil, 2, []string{`unknown command "nosuch"`}},
		{"a misspelt command", "wrker", nil, 2, []string{`"wrker"`, "did you mean worker?"}},
		{"an unknown flag", "--nosuch", nil, 2, []string{"--nosuch"}},
		{"an argument too many", "proxy twice", nil, 2, []string{`"twice"`}},
		{"a time that has passed", "--headless --for -1s", nil, 2, []string{"--for", "more than 0s"}},
		{"a duration that is none", "--headless --for long", nil, 2, []string{"--for", `"long"`}},
		{"JSON on a screen", "--json", nil, 2, []string{"--headless"}},
		{"no terminal", "", nil, 2, []string{"--headless"}},
		{"a layout that there is not", "--headless --layout nosuch", nil, 2, []string{`"nosuch"`, "default"}},
		{"a broken layout", "--headless --layout " + bad, nil, 78, []string{
			bad + ":3: processes[0].service", bad + ":4: processes[0].port.default", "1 to 65535"}},
		{"a bad environment, all of it", "--headless", map[string]string{"PROXY_PORT": "x", "ORIGIN_PORT": "0", "LOG_LEVEL": "loud"}, 78,
			[]string{"PROXY_PORT", "ORIGIN_PORT", "LOG_LEVEL"}},
		{"a bad environment for one service", "proxy", map[string]string{"PROXY_PORT": "x", "PROXY_IDLE": "soon"}, 78,
			[]string{"PROXY_PORT", "PROXY_IDLE"}},
		{"a cache that is not there", "cache", map[string]string{"CACHE_PATH": filepath.Join(t.TempDir(), "none")}, 0, []string{"0 mezzanines, 0 B in "}},
		{"nothing to clear", "cache clear", map[string]string{"CACHE_PATH": filepath.Join(t.TempDir(), "none")}, 0, []string{"removed 0 mezzanines"}},
		{"a mezzanine that there is not", "cache clear nosuch --yes", map[string]string{"CACHE_PATH": t.TempDir()}, 2, []string{`"nosuch"`, "livestream-tui cache lists them"}},
		{"a command of the cache that there is not", "cache clean", nil, 2, []string{`unknown command "clean"`, "did you mean clear?"}},
		{"a bad environment for doctor", "doctor", map[string]string{"PROXY_PORT": "x", "ORIGIN_PORT": "0"}, 78,
			[]string{"PROXY_PORT", "ORIGIN_PORT"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := harness.Command(t, c.env, strings.Fields(c.args)...).CombinedOutput()
			status := 0
			var exit *exec.ExitError
			switch {
			case errors.As(err, &exit):
				status = exit.ExitCode()
			case err != nil:
				t.Fatal(err)
			}
			if status != c.status {
				t.Errorf("exit status: got %d, want %d", status, c.status)
			}
			for _, want := range c.says {
				if !strings.Contains(string(out), want) {
					t.Errorf("output lacks %q:\n%s", want, out)
				}
			}
		})
	}
}
