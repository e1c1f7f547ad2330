package player

import (
	"testing"
	"time"
)

func TestBuffer(t *testing.T) {
	epoch := time.Now()
	type step struct {
		at      time.Duration
		do      string // append, skip or look
		d       time.Duration
		ahead   time.Duration
		playing bool
		stall   time.Duration // that lasts, or that append ends
	}
	const s = time.Second
	for _, c := range []struct {
		name  string
		start time.Duration
		steps []step
	}{
		{"nothing plays, and nothing stalls, before the first segment", 0, []step{{5 * s, "look", 0, 0, false, 0}}},
		{"it plays in real time", 0, []step{
			{1 * s, "append", 2 * s, 2 * s, true, 0},
			{2 * s, "look", 0, 1 * s, true, 0},
			{2500 * time.Millisecond, "append", 2 * s, 2500 * time.Millisecond, true, 0},
			{5 * s, "look", 0, 0, true, 0}}},
		{"it stalls at the moment that it runs out, whenever it is looked at", 0, []step{
			{0, "append", 2 * s, 2 * s, true, 0},
			{5 * s, "look", 0, 0, false, 3 * s},
			{6 * s, "append", 2 * s, 2 * s, true, 4 * s},
			{7 * s, "look", 0, 1 * s, true, 0}}},
		{"it stalls also when nobody looked", 0, []step{
			{0, "append", 2 * s, 2 * s, true, 0},
			{5 * s, "append", 2 * s, 2 * s, true, 3 * s}}},
		{"it begins, and goes on, with what it wants to hold", 3 * s, []step{
			{0, "append", 2 * s, 2 * s, false, 0},
			{9 * s, "append", 2 * s, 4 * s, true, 0},
			{14 * s, "append", 2 * s, 2 * s, false, 1 * s},
			{15 * s, "append", 2 * s, 4 * s, true, 2 * s}}},
		{"a gap before the first segment is nothing", 0, []step{{0, "skip", 2 * s, 0, false, 0}, {3 * s, "look", 0, 0, false, 0}}},
		{"a gap is passed over in its time", 0, []step{
			{0, "append", 2 * s, 2 * s, true, 0},
			{1 * s, "skip", 2 * s, 3 * s, true, 0},
			{5 * s, "look", 0, 0, false, 1 * s}}},
		{"a gap that is declared late excuses the stall", 0, []step{
			{0, "append", 2 * s, 2 * s, true, 0},
			{3 * s, "look", 0, 0, false, 1 * s},
			{3 * s, "skip", 4 * s, 3 * s, true, 0},
			{6 * s, "append", 2 * s, 2 * s, true, 0}}},
		{"a gap that is shorter than the stall excuses as much of it", 0, []step{
			{0, "append", 2 * s, 2 * s, true, 0},
			{7 * s, "skip", 2 * s, 0, false, 3 * s},
			{8 * s, "append", 2 * s, 2 * s, true, 4 * s}}},
		{"time that goes back plays nothing", 0, []step{
			{3 * s, "append", 2 * s, 2 * s, true, 0},
			{2 * s, "look", 0, 2 * s, true, 0},
			{4 * s, "look", 0, 1 * s, true, 0}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := Buffer{Start: c.start}
			for i, step := range c.steps {
				now := epoch.Add(step.at)
				stall, is := b.Stall(now)
				switch step.do {
				case "append":
					stall, is = b.Append(step.d, now)
					if lasting, lasts := b.Stall(now); !is && lasts {
						stall, is = lasting, true
					}
				case "skip":
					b.Skip(step.d, now)
					stall, is = b.Stall(now)
				}
				if is != (step.stall > 0) || stall.Length != step.stall || is && !stall.At.Add(stall.Length).Equal(now) {
					t.Errorf("step %d: got a stall %t of %s, want one of %s until then", i, is, stall.Length, step.stall)
				}
				if b.Ahead() != step.ahead || b.Playing() != step.playing {
					t.Errorf("step %d: got %s ahead, playing %t, want %s, %t", i, b.Ahead(), b.Playing(), step.ahead, step.playing)
				}
			}
		})
	}
}
