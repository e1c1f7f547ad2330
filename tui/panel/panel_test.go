package panel

import (
	"testing"

	"livestream-tui/layouts"
)

func TestEveryPanelOfABuiltInLayoutIsThere(t *testing.T) {
	for _, name := range layouts.Names() {
		if _, err := layouts.Load(name, Names()...); err != nil {
			t.Error(err)
		}
	}
}
