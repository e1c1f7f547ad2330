package receiver

import (
	"fmt"
	"math"
	"time"

	"livestream-tui/services/kit/signals"
	"livestream-tui/services/kit/text"
	"livestream-tui/services/receiver/program"
	"livestream-tui/services/receiver/sample"
)

// states are the conditions of inputs as workers and people are told.
var states = map[program.Condition]signals.State{
	program.Waiting: signals.Waiting, program.Connecting: signals.Connected, program.Good: signals.Good, program.Gone: signals.Lost,
	program.IsFrozen: signals.Frozen, program.IsBlack: signals.Black, program.IsSilent: signals.Silent,
}

// show makes the status of now.
func (g *signal) show() {
	now := g.now()
	v := g.program.View(now)
	s := &signals.Status{
		Name: g.name, Mode: g.mode(), OnAir: g.feed.Load().Snapshot().List != nil && !g.standsBy(), StandsBy: g.standsBy(), Generation: g.lead.Generation(), Source: g.sourceName(v.Source),
		Width: g.kept.First.Width, Height: g.kept.First.Height, FPS: g.kept.First.FPS,
	}
	if s.Source != "" && g.since > 0 {
		at := date(g.since)
		s.Since = &at
	}
	if v.Pinned >= 0 {
		s.Pinned = g.sources[v.Pinned].name
	}
	for i, in := range v.Inputs {
		s.Inputs = append(s.Inputs, g.inputStatus(i, in, now))
	}
	g.metrics.show(s)
	g.status.Store(s)
}

// mode is what workers do with the feed.
func (g *signal) mode() signals.Mode {
	switch {
	case g.segmenter.State().Next == 0 && !g.segmenter.Known():
		return signals.Pending
	case g.config.Encode == signals.Always, g.config.Encode != signals.Never && g.segmenter.State().Rare:
		return signals.EncodeMode
	}
	return signals.CopyMode
}

func (g *signal) inputStatus(i int, in program.InputView, now time.Duration) signals.InputStatus {
	if in.Condition != g.was[i] {
		g.was[i], g.from[i] = in.Condition, now
	}
	since := in.Since
	if since == 0 {
		since = g.from[i]
	}
	s := signals.InputStatus{
		Name: in.Name, Kind: g.sources[i].kind, Address: g.sources[i].address,
		State: states[in.Condition], OnAir: in.OnAir, Since: date(since),
		Remote: in.About.Remote, Encoder: text.Shown(in.About.Encoder), Video: videoText(in.Format.Video), Audio: audioText(in.Format.Audio),
		FPS: rounded(in.FPS, 100), Bitrate: in.Bitrate, KeyFrameInterval: rounded(in.KeyFrames.Seconds(), 1000),
		SkewMS: rounded(in.Skew.Seconds()*1000, 1), RTTMS: rounded(in.Link.RTT, 10), Lost: in.Link.Lost, Retransmitted: in.Link.Retransmitted,
		Warnings: in.Warnings,
	}
	if in.Failed != nil {
		s.Failed = text.Shown(in.Failed.Error())
	}
	return s
}

func rounded(f, parts float64) float64 { return math.Round(f*parts) / parts }

func videoText(v *sample.VideoFormat) string {
	if v == nil {
		return ""
	}
	return fmt.Sprintf("%s %dx%d", v.Codec, v.Width, v.Height)
}

func audioText(a *sample.AudioFormat) string {
	if a == nil {
		return ""
	}
	channels := fmt.Sprintf("%d channels", a.Channels)
	switch a.Channels {
	case 1:
		channels = "mono"
	case 2:
		channels = "stereo"
	}
	return fmt.Sprintf("%s %g kHz %s", a.Codec, float64(a.Rate)/1000, channels)
}

func date(t time.Duration) time.Time { return time.Unix(0, int64(t)).UTC() }
