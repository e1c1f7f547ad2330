package machine

import (
	"fmt"
	"slices"
)

// nameOf returns the name of the value i of a kind, or kind(i) if it has no name.
func nameOf(kind string, names []string, i uint8) string {
	if int(i) < len(names) {
		return names[i]
	}
	return fmt.Sprintf("%s(%d)", kind, i)
}

// valueOf returns the value of a kind that is called name.
func valueOf(kind string, names []string, name []byte) (uint8, error) {
	i := slices.Index(names, string(name))
	if i < 0 {
		return 0, fmt.Errorf("%s %q: allowed are %v", kind, name, names)
	}
	return uint8(i), nil
}
