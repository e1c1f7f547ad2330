package ctl

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"

	"livestream-tui/procs/platform"
	"livestream-tui/services/kit/signals"
	"livestream-tui/services/kit/text"
)

// writeInputs writes a row for each input of the live signals, and what an operator should
// know of it below.
func writeInputs(out *bytes.Buffer, s platform.Snapshot) {
	if len(s.LiveSignals) == 0 {
		return
	}
	table := newTable(out, "LIVE\tINPUT\tKIND\tSTATE\tSINCE\tON AIR\tPICTURES\tBITRATE\tKEY FRAMES\tADDRESS")
	var notes []string
	for _, l := range s.LiveSignals {
		if l.ShowsSlate() {
			since := "-"
			if l.Since != nil {
				since = text.Clock(*l.Since)
			}
			fmt.Fprintf(table, "%s\tslate\t-\t-\t%s\tyes\t-\t-\t-\t-\n", text.Joined(l.Name), since)
		}
		for _, in := range l.Inputs {
			bitrate, keys := "-", "-"
			if in.Bitrate > 0 {
				bitrate = fmt.Sprintf("%.1f Mbit/s", float64(in.Bitrate)/1e6)
			}
			if in.KeyFrameInterval > 0 {
				keys = fmt.Sprintf("every %.1fs", in.KeyFrameInterval)
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", text.Joined(l.Name), text.Joined(in.Name), text.Joined(in.Kind), text.Joined(string(in.State)),
				text.Clock(in.Since), onAirText(l, in), text.Joined(picturesText(in)), bitrate, keys, text.Joined(in.Address))
			for _, w := range in.Warnings {
				notes = append(notes, l.Name+" "+in.Name+": "+w)
			}
			if in.Failed != "" {
				notes = append(notes, l.Name+" "+in.Name+": refused the last time: "+in.Failed)
			}
		}
	}
	_ = table.Flush() // a buffer does not fail
	for _, n := range notes {
		fmt.Fprintln(out, text.Clean(n))
	}
}

// onAirText says whether an input is on air, and whether an operator has chosen it.
func onAirText(l signals.Status, in signals.InputStatus) string {
	words := "no"
	if in.OnAir {
		words = "yes"
	}
	if l.Pinned == in.Name {
		words += ", chosen"
	}
	return words
}

// picturesText is what comes in, without its sound.
func picturesText(in signals.InputStatus) string {
	words := in.Video
	if in.FPS > 0 {
		words += fmt.Sprintf(", %g a second", in.FPS)
	}
	return cmp.Or(strings.TrimPrefix(words, ", "), "-")
}
