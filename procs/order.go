package procs

import (
	"fmt"
	"path/filepath"
	"strings"
)

// order returns the names by level: each depends only on levels before its own.
func order(specs []Spec) ([][]string, error) {
	depends := map[string][]string{}
	for _, s := range specs {
		if _, twice := depends[s.Name]; twice || s.Name == "" || strings.ContainsAny(s.Name, "/\x00") {
			return nil, fmt.Errorf("process %q: the name must be unique, not empty and without a slash", s.Name)
		}
		if len(s.Argv) == 0 || !filepath.IsAbs(s.Argv[0]) {
			return nil, fmt.Errorf("process %q: the command must begin with an absolute path", s.Name)
		}
		depends[s.Name] = s.DependsOn
	}
	placed := map[string]bool{}
	var levels [][]string
	for len(placed) < len(specs) {
		var level []string
		for _, s := range specs {
			if !placed[s.Name] && allIn(s.DependsOn, placed) {
				level = append(level, s.Name)
			}
		}
		if len(level) == 0 {
			var rest []string
			for _, s := range specs {
				if !placed[s.Name] {
					rest = append(rest, s.Name)
				}
			}
			return nil, fmt.Errorf("processes %s: they depend on each other or on a process that is not there", strings.Join(rest, ", "))
		}
		for _, name := range level {
			placed[name] = true
		}
		levels = append(levels, level)
	}
	return levels, nil
}

func allIn(names []string, set map[string]bool) bool {
	for _, n := range names {
		if !set[n] {
			return false
		}
	}
	return true
}
