package model

import "slices"

// without returns list itself when no element matches goes, and otherwise a copy without
// those that do.
func without[E any](list []E, goes func(E) bool) []E {
	if !slices.ContainsFunc(list, goes) {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), goes)
}

// newest returns the last most elements of list.
func newest[E any](list []E, most int) []E { return list[max(0, len(list)-most):] }
