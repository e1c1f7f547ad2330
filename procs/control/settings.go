package control

import (
	"net/url"
	"slices"
	"strings"

	"livestream-tui/procs"
)

// masked stands for a value that nobody is to read off a screen.
const masked = "********"

// showEnvironment gives each process those of its variables that are ours, secrets
// masked: names are those of the settings, besides what the layout sets.
func (l *Local) showEnvironment(list []procs.Spec, names []string) {
	for i := range l.now.Processes {
		p := &l.now.Processes[i]
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

// shown are those of env that have one of the names and a value.
func shown(env, names []string) []string {
	var list []string
	for _, e := range env {
		name, value, _ := strings.Cut(e, "=")
		if value != "" && slices.Contains(names, name) {
			list = append(list, name+"="+withoutSecrets(name, value))
		}
	}
	return list
}

// withoutSecrets hides a value whose name says that it is a secret, and of each
// address in it what may be one: credentials, and the values of a query. A webhook's
// path is its secret.
func withoutSecrets(name, value string) string {
	for _, word := range []string{"TOKEN", "SECRET", "PASSWORD", "WEBHOOK", "_KEY"} {
		if strings.Contains(name, word) {
			return masked
		}
	}
	if !strings.Contains(value, "://") {
		return value
	}
	addresses := strings.Split(value, ",")
	for i, a := range addresses {
		u, err := url.Parse(strings.TrimSpace(a))
		if err != nil {
			return masked // what is none of it nobody can tell
		}
		if u.User == nil && u.RawQuery == "" && u.Fragment == "" {
			continue
		}
		// By hand: URL would escape the mask.
		clean := *u
		clean.User, clean.RawQuery, clean.Fragment = nil, "", ""
		text := clean.String()
		if u.User != nil {
			text = strings.Replace(text, "://", "://"+masked+"@", 1)
		}
		if u.RawQuery != "" || u.Fragment != "" {
			text += "?" + masked
		}
		addresses[i] = text
	}
	return strings.Join(addresses, ",")
}
