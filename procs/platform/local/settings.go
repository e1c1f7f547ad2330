package local

import (
	"maps"
	"slices"
	"strings"

	"livestream-tui/layouts"
	"livestream-tui/procs"
	"livestream-tui/procs/platform/model"
	"livestream-tui/services/kit/text"
)

// showEnvironment gives each process in the model those of its variables that are settings
// or set by the layout, secrets masked. names are those of the settings.
func (l *Local) showEnvironment(list []procs.Spec, names []string) {
	for i := range l.model.Now.Processes {
		p := &l.model.Now.Processes[i]
		ours := slices.Clone(names)
		for _, q := range l.layout.Processes {
			if q.Name == p.Name {
				for name := range q.Environment {
					ours = append(ours, name)
				}
			}
		}
		for _, spec := range list {
			if spec.Name == p.Name {
				p.Env = shown(spec.Env, ours)
			}
		}
	}
}

// showEnvironmentOf gives a process of the resolved layout its variables in the model.
func (l *Local) showEnvironmentOf(p layouts.Process, env []string) {
	names := slices.AppendSeq(slices.Clone(l.options.Settings), maps.Keys(p.Environment))
	l.Update(func(m *model.Model) { m.SetEnvironment(p.Name, shown(env, names)) })
}

// shown returns the variables of env that have one of the names and a value.
func shown(env, names []string) []string {
	var list []string
	for _, e := range env {
		name, value, _ := strings.Cut(e, "=")
		if value != "" && slices.Contains(names, name) {
			list = append(list, name+"="+text.WithoutSecrets(name, value))
		}
	}
	return list
}
