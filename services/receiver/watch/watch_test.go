package watch

import (
	"context"
	"os/exec"
	"sync"
	"testing"
	"time"

	"livestream-tui/procs/child"
	"livestream-tui/services/kit/servicetest"
	"livestream-tui/services/receiver/sampletest"
)

// found collects what is told.
type found struct {
	mu   sync.Mutex
	told []Fault // guarded by mu
	on   [faults]bool
}

func (f *found) tell(fault Fault, on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.told, f.on[fault] = append(f.told, fault), on
}

func (f *found) is(fault Fault) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.on[fault]
}

func TestFaultsAreFoundAndEnd(t *testing.T) {
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("there is no ffmpeg here")
	}
	spawner := child.NewSpawner()
	t.Cleanup(spawner.Close)
	for _, c := range []struct {
		name  string
		video string // a filter that makes the fault
		audio string
		want  [faults]bool
	}{
		{"nothing", "null", "anull", [faults]bool{}},
		{"frozen", "loop=-1:1:0", "anull", [faults]bool{Frozen: true}},
		{"black", "geq=lum=16+mod(N\\,2):cb=128:cr=128", "anull", [faults]bool{Black: true}},
		{"silent", "null", "volume=0", [faults]bool{Silent: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got found
			w := New(Options{Frozen: time.Second, Black: time.Second, Silent: time.Second, FFmpeg: path, Spawner: spawner, Tell: got.tell})
			ctx, cancel := context.WithCancel(t.Context())
			var running sync.WaitGroup
			running.Go(func() { w.Run(ctx) })
			t.Cleanup(func() { cancel(); running.Wait() })
			f, list := sampletest.Make(t, sampletest.Source{
				Seconds: 6, GOP: 25, Size: "160x90", Video: "-vf " + c.video + " -c:v libx264 -preset ultrafast -bf 0",
				Audio: "-af " + c.audio + " -c:a aac -ar 48000 -ac 2",
			})
			w.Format(f)
			for _, s := range list {
				for len(w.items) > queued/2 { // as an encoder in real time would not do
					time.Sleep(time.Millisecond)
				}
				w.Write(s)
			}
			for fault, want := range c.want {
				if want {
					servicetest.Await(t, c.name, func() bool { return got.is(Fault(fault)) })
				}
			}
			w.Close()
			servicetest.Await(t, "the end of all faults", func() bool {
				return len(w.items) == 0 && !got.is(Frozen) && !got.is(Black) && !got.is(Silent)
			})
			got.mu.Lock()
			defer got.mu.Unlock()
			for _, fault := range got.told {
				if !c.want[fault] {
					t.Errorf("fault %d was told", fault)
				}
			}
		})
	}
}
