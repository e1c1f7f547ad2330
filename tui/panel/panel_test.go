package panel

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"livestream-tui/layouts"
)

func TestEveryPanelOfALayoutIsThere(t *testing.T) {
	want, got := slices.Sorted(slices.Values(layouts.PanelNames())), slices.Sorted(maps.Keys(All()))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("panels (-layouts +here):\n%s", diff)
	}
}
