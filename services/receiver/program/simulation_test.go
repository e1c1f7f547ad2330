package program

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"livestream-tui/services/receiver/sample"
)

var (
	runs = flag.Int("runs", defaultRuns, "how many simulations are run")
	seed = flag.Uint64("seed", 0, "the first seed")
	show = flag.Bool("show", false, "log what happens")
)

// TestNothingRunsBackWhateverEncodersDo runs random signals with random faults in virtual
// time. A failure names its seed: -runs 1 -seed N runs it again.
func TestNothingRunsBackWhateverEncodersDo(t *testing.T) {
	var next atomic.Uint64
	next.Store(*seed)
	var wg sync.WaitGroup
	var mu sync.Mutex
	failed := 0
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for n := next.Add(1) - 1; n < *seed+uint64(*runs); n = next.Add(1) - 1 {
				if what := simulate(n); what != "" {
					mu.Lock()
					if failed++; failed <= 10 {
						t.Errorf("seed %d: %s", n, what)
					}
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	if failed > 10 {
		t.Errorf("%d of %d runs failed", failed, *runs)
	}
}

// simulate runs one world, and returns what was wrong with it first.
func simulate(seed uint64) (wrong string) {
	r := rand.New(rand.NewPCG(seed, 15))
	var w *world
	fail := func(format string, args ...any) {
		if wrong == "" {
			wrong = fmt.Sprintf("after %s: ", w.now-epoch) + fmt.Sprintf(format, args...)
		}
	}
	var encoders []*encoder
	var names []string
	same := r.IntN(2) == 0 // inputs of one format
	first := randomEncoder(r, 1)
	for i := range 1 + r.IntN(3) {
		e := randomEncoder(r, byte(i+1))
		if i == 0 || same {
			jitter, ppm := e.jitter, e.ppm
			c := *first
			e = &c
			e.jitter, e.ppm = jitter, ppm
		}
		encoders, names = append(encoders, e), append(names, string(rune('a'+i)))
	}
	c := Config{Inputs: names, Last: r.IntN(4) == 0}
	if r.IntN(3) == 0 {
		c.LossAfter = time.Duration(200+r.IntN(1500)) * ms
	}
	if r.IntN(6) == 0 {
		c.Resume = &Resume{End: epoch - time.Duration(r.IntN(60))*time.Second, Format: encoders[0].format}
	}
	w = newWorld(fail, c, encoders...)
	if *show {
		for _, e := range encoders {
			fmt.Printf("%+v %s\n", *e, e.format.Video.SPS)
		}
		fmt.Printf("%+v\n", c)
	}
	w.slateAfter = time.Duration(r.IntN(2000)) * ms
	if r.IntN(10) == 0 {
		w.slateAfter = -1
	}
	for i := range encoders {
		if i == 0 || r.IntN(4) > 0 {
			w.connect(i, randomBase(r))
		}
	}
	w.run(time.Duration(r.IntN(3000)) * ms)
	for range 1 + r.IntN(5) {
		w.happen(r)
		w.run(time.Duration(r.IntN(4000)) * ms)
	}
	for i, e := range encoders {
		if !e.connected {
			w.connect(i, randomBase(r))
		}
	}
	w.run(time.Duration(r.IntN(12)) * time.Second)
	return wrong
}

func randomBase(r *rand.Rand) time.Duration {
	wrap := time.Duration(1<<33) * time.Second / 90000 // 26.5 h
	return []time.Duration{0, 1400 * ms, wrap, wrap - 3*time.Second, -2 * time.Second, epoch}[r.IntN(6)]
}

func randomEncoder(r *rand.Rand, id byte) *encoder {
	e := &encoder{id: id, random: r, ppm: r.Int64N(401) - 200, jitter: time.Duration(r.IntN(51)) * ms}
	fps := []float64{25, 30000.0 / 1001, 50}[r.IntN(3)]
	e.frame = time.Duration(float64(time.Second) / fps)
	e.gop = 1 + 3*(1+r.IntN(int(fps)))
	e.b = r.IntN(2) == 0
	var audio *sample.AudioFormat
	if r.IntN(8) > 0 {
		audio = aac([]int{44100, 48000}[r.IntN(2)])
	}
	if r.IntN(4) == 0 {
		e.late = time.Duration(r.IntN(400)) * ms
	}
	e.format = formatOf(id, fps, audio)
	return e
}

// happen lets one thing go wrong, or right.
func (w *world) happen(r *rand.Rand) {
	i := r.IntN(len(w.encoders))
	e := w.encoders[i]
	what := r.IntN(10)
	if *show {
		fmt.Printf("%s input %d: %d, connected %v\n", w.now-epoch, i, what, e.connected)
	}
	switch {
	case !e.connected:
		w.connect(i, randomBase(r))
	case what == 0:
		w.kill(i, false)
	case what == 1:
		w.kill(i, true)
	case what == 2:
		w.stop(i, time.Duration(r.IntN(20000))*ms)
	case what == 3: // reconnects before its session is known to be dead
		w.connect(i, randomBase(r))
	case what == 4:
		w.judge.jumps = append(w.judge.jumps, e.start+e.real(time.Duration(e.pictures)*e.frame))
		e.base += []time.Duration{24 * time.Hour, -24 * time.Hour, 7 * time.Second, -2 * time.Second}[r.IntN(4)]
	case what == 5:
		e.noSound = !e.noSound
		e.sounds = int64(float64(e.pictures) * e.frame.Seconds() * 48000 / 1024)
		if a := e.format.Audio; a != nil {
			e.sounds = int64(float64(e.pictures) * e.frame.Seconds() * float64(a.Rate) / 1024)
		}
	case what == 6:
		e.fault = !e.fault
		w.step(Problem{i, []Reason{Frozen, Black, Silent}[r.IntN(3)], true})
		if !e.fault {
			for _, p := range []Reason{Frozen, Black, Silent} {
				w.step(Problem{i, p, false})
			}
		}
		w.judge.healthy[i] = max(w.now, e.stopped+500*ms)
	case what == 7:
		w.step(Select{i})
	case what == 8:
		w.step(Auto{})
		for j := range w.judge.healthy {
			if w.judge.healthy[j] != never {
				w.judge.healthy[j] = max(w.judge.healthy[j], w.now)
			}
		}
	case what == 9: // the resolution changes at the next key frame
		w.change(i, r)
	}
}

// change gives an encoder another format, from its next key frame on.
func (w *world) change(i int, r *rand.Rand) {
	e := w.encoders[i]
	w.pending[i].there = false
	e.pictures += int64(e.gop) - e.pictures%int64(e.gop)
	f := formatOf(e.id+10*byte(1+r.IntN(5)), e.format.Video.FPS, e.format.Audio)
	e.format, e.id = f, f.Video.SPS[1]
	w.step(Format{i, f})
	w.judge.healthy[i] = max(w.now, w.judge.healthy[i])
}
