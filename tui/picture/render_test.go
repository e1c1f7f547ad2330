package picture

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRenderedPixels(t *testing.T) {
	pixels := []byte{255, 0, 0, 255, 0, 0, 0, 0, 0, 255, 255, 255} // red red over black white
	for name, c := range map[string]struct {
		depth Depth
		want  string
	}{
		"true colour": {TrueColour, "\x1b[38;2;255;0;0m\x1b[48;2;0;0;0m▀\x1b[48;2;255;255;255m▀\x1b[0m"},
		"256 colours": {Colours256, "\x1b[38;5;196m\x1b[48;5;16m▀\x1b[48;5;231m▀\x1b[0m"},
		"grey":        {Grey, ".*"},
	} {
		t.Run(name, func(t *testing.T) {
			got := Render(Picture{W: 2, H: 2, Pixels: pixels}, c.depth)
			if diff := cmp.Diff([]string{c.want}, got); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
		})
	}
	if got := Render(Picture{W: 2, H: 2, Pixels: pixels[:5]}, TrueColour); got != nil {
		t.Errorf("half a picture: got %q, want nothing", got)
	}
	got := Render(Picture{W: 2, H: 1, Pixels: pixels[6:]}, TrueColour)
	if diff := cmp.Diff([]string{"\x1b[38;2;0;0;0m▀\x1b[38;2;255;255;255m▀\x1b[0m"}, got); diff != "" {
		t.Errorf("a row without one below (-want +got):\n%s", diff)
	}
}
