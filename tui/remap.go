package tui

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	tea "github.com/charmbracelet/bubbletea"

	"livestream-tui/procs/platform"
)

// KeyNames returns the names by which Options.Keys may give keys, in the order of the help.
func KeyNames() []string {
	var names []string
	for _, b := range keymap() {
		if b.mayMove() {
			names = append(names, b.name)
		}
	}
	return names
}

// KeyShown returns the key of that name as the help shows it where no configuration gives
// another one; empty for an unknown name.
func KeyShown(name string) string {
	for _, b := range keymap() {
		if b.name == name {
			return b.Help().Key
		}
	}
	return ""
}

// CheckKeys returns what is wrong with a value of Options.Keys, by name; empty when the
// keymap takes it.
func CheckKeys(keys map[string][]string) map[string]string {
	wrong := map[string]string{}
	owners := map[string]string{}
	for _, b := range keymap() {
		if keys[b.name] == nil {
			for _, k := range b.Keys() {
				owners[k] = b.name
			}
		}
	}
	for _, b := range keymap() {
		for _, k := range keys[b.name] {
			switch owner := owners[k]; {
			case !pressable(k):
				wrong[b.name] = fmt.Sprintf("%q is no key; allowed are single characters and names such as f5, ctrl+k, alt+k, enter and space", k)
			case owner != "":
				wrong[b.name] = fmt.Sprintf("%q is the key of %s; give that another one, too", k, owner)
			}
			owners[k] = b.name
		}
	}
	return wrong
}

// mayMove reports whether a configuration may give the binding other keys. Numbers count
// something, and ctrl+c is the way out that always works.
func (b binding) mayMove() bool { return b.does != nil && b.name != "quit-now" }

// pressable reports whether a terminal can send a key of that name.
func pressable(k string) bool {
	k = strings.TrimPrefix(k, "alt+")
	if r := []rune(k); len(r) == 1 {
		return unicode.IsGraphic(r[0]) && r[0] != ' '
	}
	if k == "space" {
		return true
	}
	for t := tea.KeyType(-100); t <= 127; t++ {
		if t != tea.KeyRunes && t.String() == k {
			return true
		}
	}
	return false
}

// remapped returns the keymap with other keys for the bindings of these names.
func remapped(list []binding, keys map[string][]string) []binding {
	list = slices.Clone(list)
	for i := range list {
		b := &list[i]
		to := slices.Clone(keys[b.name])
		if len(to) == 0 || !b.mayMove() {
			continue
		}
		b.SetHelp(strings.Join(to, " "), b.Help().Desc)
		for j, k := range to {
			to[j] = strings.ReplaceAll(k, "space", " ")
		}
		b.SetKeys(to...)
	}
	return list
}

// keyOf returns the key that asks for an action on a process, as the help shows it.
func (m *model) keyOf(a platform.Action) string {
	name := actionText(a)
	switch a {
	case platform.Start:
		name = "stop"
	case platform.Resume:
		name = "pause"
	case platform.Failover:
		name = "fail-over"
	case platform.Release:
		name = "hold"
	}
	return m.keyNamed(name)
}

// keyNamed returns the key of the binding of that name, as the help shows it.
func (m *model) keyNamed(name string) string {
	if b, known := m.bound(name); known {
		return b.shown(m.scene.Glyphs)
	}
	return ":" // the palette has every action
}
