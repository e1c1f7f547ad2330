//go:build linux

package bench

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"livestream-tui/procs/platform"
	"livestream-tui/services/hls/fmp4"
	"livestream-tui/test/harness"
)

// rise is how long the parts of one start took, in milliseconds.
type rise struct {
	OnAir float64            `json:"on_air_ms"`
	Ready map[string]float64 `json:"ready_ms"`
}

const starts = 5

// TestBenchStartToOnAir starts the platform with an empty output folder and a finished
// mezzanine, as a second start finds it. It ends when the proxy serves a playlist whose
// init section and newest segment are whole.
func TestBenchStartToOnAir(t *testing.T) {
	benching(t)
	env := harness.Settings(t)
	var all []rise
	for n := range starts + 1 {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			if err := os.RemoveAll(env["OUTPUT_STREAM_PATH"]); err != nil {
				t.Fatal(err)
			}
			if err := os.RemoveAll(env["STATE_PATH"]); err != nil {
				t.Fatal(err)
			}
			if r := start(t, env); n > 0 { // the first one makes the mezzanine
				all = append(all, r)
			}
		})
	}
	column := func(of func(rise) float64) []float64 {
		var list []float64
		for _, r := range all {
			list = append(list, of(r))
		}
		return list
	}
	onAir := column(func(r rise) float64 { return r.OnAir })
	var b strings.Builder
	fmt.Fprintf(&b, "From the exec to the first playlist at the proxy whose segments can be decoded; the film is cached, the output folder empty; %d starts.\n\n", starts)
	b.WriteString("| | median ms | least | most |\n|---|---|---|---|\n")
	row := func(name string, list []float64) {
		fmt.Fprintf(&b, "| %s | %.0f | %.0f | %.0f |\n", name, median(list), slices.Min(list), slices.Max(list))
	}
	row("on air", onAir)
	for _, name := range harness.Every {
		row(name+" ready", column(func(r rise) float64 { return r.Ready[name] }))
	}
	addToReport(t, "Start to on air", b.String(), all)
}

func start(t *testing.T, env map[string]string) rise {
	t.Helper()
	harness.Binary(t) // built before it is timed
	began := time.Now()
	p := harness.Launch(t, env)
	r := rise{Ready: map[string]float64{}}
	var first []byte
	for deadline := began.Add(90 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		var err error
		if first, err = decodable(p.PlaylistURL()); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	r.OnAir = float64(time.Since(began).Microseconds()) / 1000
	p.AwaitOnAir(harness.Every...)
	for _, line := range p.Logged() {
		var e platform.Event
		if json.Unmarshal([]byte(line), &e) != nil || e.Status() == nil || e.Status().State.String() != "ready" || r.Ready[e.Process] > 0 {
			continue
		}
		r.Ready[e.Process] = float64(e.Time.Sub(began).Microseconds()) / 1000
	}
	ffmpeg := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-i", "-", "-f", "null", "-")
	ffmpeg.Stdin = bytes.NewReader(first)
	if out, err := ffmpeg.CombinedOutput(); err != nil {
		t.Errorf("what was on air cannot be decoded: %v\n%s", err, out)
	}
	return r
}

// decodable returns the init section and the newest segment of a playlist.
func decodable(address string) ([]byte, error) {
	list, err := harness.Playlist(address)
	if err != nil {
		return nil, err
	}
	if len(list.Segments) == 0 || list.Segments[len(list.Segments)-1].Map == nil {
		return nil, errors.New("it lists nothing")
	}
	newest := list.Segments[len(list.Segments)-1]
	folder := strings.TrimSuffix(address, "playlist.m3u8")
	status, init, err := harness.Get(folder + newest.Map.URI)
	if err != nil || status != http.StatusOK {
		return nil, fmt.Errorf("init: status %d: %w", status, err)
	}
	status, segment, err := harness.Get(folder + newest.URI)
	if err != nil || status != http.StatusOK {
		return nil, fmt.Errorf("segment: status %d: %w", status, err)
	}
	return append(init, segment...), errors.Join(fmp4.CheckInit(init), func() error { _, err := fmp4.CheckSegment(segment); return err }())
}
