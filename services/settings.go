package services

import (
	"fmt"
	"slices"
	"strings"

	"livestream-tui/services/kit/service"
)

// Settings are all variables that are read: the shared ones first, then those of the
// supervisor and those of each service, in which a variable may be listed again.
func Settings() []service.Setting {
	list := append(shared(), service.Settings(service.Supervision{})...)
	for _, s := range All() {
		list = append(list, service.Settings(s.settings)...)
	}
	return list
}

// SettingNames are the variables of Settings.
func SettingNames() []string { return namesOf(Settings()) }

// Reads are the variables that a service reads: the shared ones and its own. For a name
// that is no service, they are the shared ones.
func Reads(name string) []string {
	list := shared()
	if s, ok := Find(name); ok {
		list = append(list, service.Settings(s.settings)...)
	}
	return namesOf(list)
}

// SettingsTable is every setting, each once, as a table in Markdown.
func SettingsTable() string {
	var b strings.Builder
	b.WriteString("Every setting is an environment variable. An empty one counts as not set.\n\n")
	b.WriteString("| variable | default | |\n|---|---|---|\n")
	seen := map[string]bool{}
	for _, s := range Settings() {
		if !seen[s.Variable] {
			seen[s.Variable] = true
			value := s.Default
			if value != "" {
				value = "`" + value + "`"
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", s.Variable, value, s.Doc)
		}
	}
	return b.String()
}

// shared are the settings that every service reads.
func shared() []service.Setting {
	return slices.Concat(service.Settings(service.Paths{}), service.Settings(service.Topology{}), service.Settings(service.Common{}))
}

func namesOf(list []service.Setting) []string {
	names := make([]string, len(list))
	for i, s := range list {
		names[i] = s.Variable
	}
	return names
}
