package layouts

import (
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Default is the name of the layout that runs when none is asked for.
const Default = "default"

//go:embed *.yaml
var builtin embed.FS

// Names are the built-in layouts, in alphabetical order.
func Names() []string {
	files, err := builtin.ReadDir(".")
	if err != nil {
		return nil // an embedded folder can always be read
	}
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = strings.TrimSuffix(f.Name(), ".yaml")
	}
	return names
}

// Load returns the built-in layout of that name, or the one in that file: a name that
// has a slash or ends in .yaml or .yml is a file's path. panels are as in Parse.
func Load(nameOrFile string, panels ...string) (Layout, error) {
	b, err := Source(nameOrFile)
	if err != nil {
		return Layout{}, err
	}
	if !isPath(nameOrFile) {
		nameOrFile = "layouts/" + nameOrFile + ".yaml"
	}
	return Parse(nameOrFile, b, panels...)
}

// Source returns the YAML that Load reads.
func Source(nameOrFile string) ([]byte, error) {
	if isPath(nameOrFile) {
		b, err := os.ReadFile(nameOrFile)
		if err != nil {
			return nil, fmt.Errorf("layout: %w", err)
		}
		return b, nil
	}
	b, err := builtin.ReadFile(nameOrFile + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("layout %q: there is no layout of that name; allowed are %s, or the path of a .yaml file",
			nameOrFile, strings.Join(Names(), ", "))
	}
	return b, nil
}

func isPath(s string) bool {
	ext := filepath.Ext(s)
	return strings.ContainsRune(s, filepath.Separator) || ext == ".yaml" || ext == ".yml"
}
