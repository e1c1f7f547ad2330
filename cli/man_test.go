package cli

import (
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"livestream-tui/services"
	"livestream-tui/services/kit/service"
)

func TestTheManualPageHasEverythingThereIs(t *testing.T) {
	page := invoke(t, nil, "man").out
	want := func(what, line string) {
		t.Helper()
		if !strings.Contains("\n"+page, "\n"+line) {
			t.Errorf("the manual page lacks %s: no line begins with %s", what, line)
		}
	}
	for _, s := range services.Settings() {
		want("the setting "+s.Variable, `\fB`+roff(s.Variable)+`\fR`)
	}
	for _, s := range statusTexts() {
		want("the exit status", fmt.Sprintf(`\fB%d\fR`, s.status))
	}
	a, _, _ := newTestApp(t, nil)
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		for _, sub := range c.Commands() {
			if sub.Runnable() && !sub.Hidden {
				use := strings.TrimSuffix(strings.TrimPrefix(sub.UseLine(), "livestream-tui "), " [flags]")
				want(sub.CommandPath(), `.SS "`+roff(use)+"\"\n")
			}
			walk(sub)
		}
	}
	walk(rootCommand(a))
}

func TestTheManualPageIsWellFormed(t *testing.T) {
	man, err := exec.LookPath("man")
	if err != nil {
		t.Skip("no man here: it is in the package man-db")
	}
	cmd := exec.Command(man, "--warnings=w", "-l", "-")
	cmd.Stdin = strings.NewReader(invoke(t, nil, "man").out)
	cmd.Env = append(cmd.Environ(), "LC_ALL=C.UTF-8", "MANWIDTH=100", "MANPAGER=cat")
	var warnings strings.Builder
	cmd.Stderr = &warnings
	out, err := cmd.Output()
	if err != nil && strings.Contains(warnings.String(), "invalid option") {
		t.Skip("another man than Linux has")
	}
	if err != nil || warnings.Len() > 0 || !strings.Contains(string(out), "EXIT STATUS") {
		t.Errorf("got %v, %s and %d bytes, want a page without a warning", err, warnings.String(), len(out))
	}
}

func TestTextOfTheManualPageIsNoRequest(t *testing.T) {
	for text, want := range map[string]string{
		".hidden": `\&.hidden`, "'quoted'": `\&'quoted'`, `a\b`: `a\eb`, "--flag": `\-\-flag`, "~/.config": `\(ti/.config`,
	} {
		if got := roff(text); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

// TestTheFileOfSettingsSetsNothing holds that each line is a comment, with what holds
// without it.
func TestTheFileOfSettingsSetsNothing(t *testing.T) {
	file := invoke(t, service.Environment{"STATE_PATH": "/var/lib/x", "INPUT_STREAM_PATH": "/films"}, "environment", "--file").out
	for line := range strings.Lines(file) {
		if line != "\n" && !strings.HasPrefix(line, "#") {
			t.Errorf("got the line %q, want a comment", line)
		}
	}
	settings := regexp.MustCompile(`(?m)^#([A-Z_]+)=`).FindAllStringSubmatch(file, -1)
	seen := map[string]bool{}
	for _, m := range settings {
		if seen[m[1]] {
			t.Errorf("%s stands twice", m[1])
		}
		seen[m[1]] = true
	}
	for _, s := range services.Settings() {
		if !seen[s.Variable] && s.Variable != "SERVICE_SOCKET" {
			t.Errorf("the file lacks %s", s.Variable)
		}
	}
	if !strings.Contains(file, "\n#STATE_PATH=/var/lib/x\n") || !strings.Contains(file, "\n#INPUT_STREAM_PATH=/films\n") || !strings.Contains(file, "\n#PROXY_PORT=8002\n") {
		t.Errorf("got\n%s\nwant the value that is set, and the default", file)
	}
}
