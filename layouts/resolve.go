package layouts

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// reference is ${NAME} or ${NAME:-DEFAULT} in the value of a variable.
var reference = regexp.MustCompile(`\$\{([A-Z][A-Z0-9_]*)(:-([^{}]*))?\}`)

// checkReferences refuses what looks like a reference and is not one.
func checkReferences(value string) error {
	if strings.Contains(reference.ReplaceAllString(value, ""), "${") {
		return errors.New("allowed are ${NAME} and ${NAME:-DEFAULT}, NAME in capital letters, digits and _")
	}
	return nil
}

// Resolve returns the layout with every ${NAME} in the environment of its processes
// replaced by what the operator has set, else by the default of the port of that
// name in this layout, else by the default in the reference. So a URL follows the port
// that it names.
func (l Layout) Resolve(operator map[string]string) (Layout, error) {
	ports := map[string]string{}
	for _, p := range l.Processes {
		if p.PortVariable != "" {
			ports[p.PortVariable] = fmt.Sprint(p.PortDefault)
		}
	}
	var problems []string
	l.Processes = slices.Clone(l.Processes)
	for i := range l.Processes {
		p := &l.Processes[i]
		p.Environment = maps.Clone(p.Environment)
		for _, name := range slices.Sorted(maps.Keys(p.Environment)) {
			p.Environment[name] = reference.ReplaceAllStringFunc(p.Environment[name], func(r string) string {
				m := reference.FindStringSubmatch(r)
				switch {
				case operator[m[1]] != "":
					return operator[m[1]]
				case ports[m[1]] != "":
					return ports[m[1]]
				case m[2] == "":
					problems = append(problems, fmt.Sprintf("layout %s: process %s: environment.%s: %s is not set and is no port of this layout; set it, or write ${%s:-DEFAULT}",
						l.Name, p.Name, name, m[1], m[1]))
				}
				return m[3]
			})
		}
	}
	if len(problems) > 0 {
		return l, errors.New(strings.Join(problems, "\n"))
	}
	return l, nil
}
