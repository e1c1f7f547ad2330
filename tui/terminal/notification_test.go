package terminal

import (
	"bytes"
	"testing"
)

func TestANotificationIsWhatTheTerminalUnderstands(t *testing.T) {
	for _, c := range []struct{ way, tmux, want string }{
		{"none", "", ""},
		{"osc9", "", "\x1b]9;OFF AIR: live01\a"},
		{"osc777", "", "\x1b]777;notify;livestream-tui;OFF AIR: live01\a"},
		{"osc9", "/tmp/tmux,1,0", "\x1bPtmux;\x1b\x1b]9;OFF AIR: live01\a\x1b\\"},
	} {
		t.Setenv("TMUX", c.tmux)
		var out bytes.Buffer
		NewOutside(&out).Notify(c.way, "OFF AIR: live01")
		if got := out.String(); got != c.want {
			t.Errorf("%s, TMUX=%q: got %q, want %q", c.way, c.tmux, got, c.want)
		}
	}
}
