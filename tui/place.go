package tui

import (
	"context"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"livestream-tui/tui/canvas"
)

const nothingToPlay = "there is no signal to play yet"

// playlistName is the file of addresses with tokens that VLC opens: arguments of a process
// are seen by everybody on a machine.
const playlistName = "vlc.m3u"

// vlc opens every signal in VLC.
func (m *model) vlc() tea.Cmd {
	var list []place
	if m.scene.Snapshot.PlayURL != "" {
		for _, l := range m.scene.Live {
			list = append(list, place{l.Signal, m.scene.Playlist(l.Signal)})
		}
	}
	if len(list) == 0 {
		m.notify(nothingToPlay, true)
		return nil
	}
	open, write, folder := m.outside.VLC, m.outside.Write, m.scene.Snapshot.LogFolder
	return m.openOutside("VLC", "", list, func(_ context.Context, addresses []string, secret bool) error {
		if !secret {
			return open(addresses)
		}
		path, err := write(folder, playlistName, "#EXTM3U\n"+strings.Join(addresses, "\n")+"\n")
		if err != nil {
			return err
		}
		return open([]string{path})
	})
}

// browser opens the page of the chosen signal, or of the first that can be played.
func (m *model) browser() tea.Cmd {
	v := m.watched()
	switch {
	case m.scene.Snapshot.PlayURL == "":
		m.notify("this layout has no proxy to open", true)
		return nil
	case m.scene.Snapshot.PageURL == "":
		m.notify("the proxy serves no page: PROXY_PAGE is off, or the platform is of an earlier version", true)
		return nil
	case v == nil:
		m.notify(nothingToPlay, true)
		return nil
	}
	open := m.outside.Browser
	page := place{v.ID, canvas.Clean(m.scene.Snapshot.Page(v.ID))}
	return m.openOutside("the browser", " --page", []place{page}, func(ctx context.Context, addresses []string, secret bool) error {
		return open(ctx, addresses[0], secret)
	})
}

// openOutside opens a program on places, with tokens where players need them: then the
// addresses are secret. Without the program it says why, and copies the first address
// instead. how is what livestream-tui token is given beside the signal.
func (m *model) openOutside(program, how string, list []place, open func(ctx context.Context, addresses []string, secret bool) error) tea.Cmd {
	secret := m.scene.Snapshot.Tokens
	if secret && m.options.ReadOnly {
		m.notify(noTokens+": run livestream-tui token "+canvas.Clean(list[0].signal)+how, true)
		return nil
	}
	write, ctx, admitted := m.outside.Copy, m.ctx, m.admission
	return func() tea.Msg {
		addresses, shown := make([]string, len(list)), make([]string, len(list))
		for i, one := range list {
			addresses[i], shown[i] = one.address, one.address
			if !secret {
				continue
			}
			var err error
			if addresses[i], err = admitted.fresh(ctx, one); err != nil {
				return notice{program + ": no playback token: " + canvas.Clean(err.Error()), true}
			}
		}
		err := open(ctx, addresses, secret)
		if err == nil {
			return notice{program + " opens " + strings.Join(shown, " "), false}
		}
		why := program + ": " + canvas.Clean(err.Error())
		if err := write(addresses[0]); err != nil {
			return notice{why + "; it would show " + shown[0], true}
		}
		return notice{why + ". Its address is copied", true}
	}
}
