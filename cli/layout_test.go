package cli

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"livestream-tui/layouts"
	"livestream-tui/services/kit/service"
)

func TestAllThatIsWrongWithALayoutsSettingsIsOneError(t *testing.T) {
	a, _, _ := newTestApp(t, service.Environment{"PROXY_PORT": "x", "ORIGIN_PORT": "0", "WINDOW_SEGMENTS": "1", "LOG_LEVEL": "loud"})
	layout, err := loadLayout(layouts.Default)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = a.launchOptions(layout)
	var config *service.ConfigError
	if !errors.As(err, &config) {
		t.Fatalf("got %v, want a *service.ConfigError", err)
	}
	times := map[string]int{}
	for _, p := range config.Problems {
		times[p.Variable]++
	}
	for _, variable := range []string{"PROXY_PORT", "ORIGIN_PORT", "WINDOW_SEGMENTS", "LOG_LEVEL"} {
		if times[variable] != 1 {
			t.Errorf("%s: got %d problems, want 1, in\n%v", variable, times[variable], err)
		}
	}
}

func TestSettingsOfALayoutsProcessesAreChecked(t *testing.T) {
	a, _, _ := newTestApp(t, nil)
	layout, err := loadLayout(layouts.Default)
	if err != nil {
		t.Fatal(err)
	}
	layout.Processes[0].Environment = map[string]string{"LOG_LEVEL": "loud"}
	_, _, err = a.launchOptions(layout)
	if statusOf(err) != statusConfiguration {
		t.Errorf("got %v, want a bad environment", err)
	}
}

func TestLayoutThatCannotBeRead(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken.yaml")
	if err := os.WriteFile(broken, []byte("processes:\n  - name: proxy\n    service: prox\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, layout string
		want         status
	}{
		{"a name that no layout has", "nosuch", statusUsage},
		{"a file that does not exist", filepath.Join(t.TempDir(), "none.yaml"), statusUsage},
		{"a file with mistakes", broken, statusConfiguration},
		{"a built-in layout", "redundant", statusOK},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := loadLayout(c.layout); statusOf(err) != c.want {
				t.Errorf("got %v with status %d, want status %d", err, statusOf(err), c.want)
			}
		})
	}
}
