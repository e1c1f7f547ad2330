package srt

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"livestream-tui/procs/child"
	"livestream-tui/services/receiver/input"
	"livestream-tui/services/receiver/input/process"
	"livestream-tui/services/receiver/inputtest"
	"livestream-tui/services/receiver/sample"
)

const passphrase = "correct-horse-1"

// freePort is a UDP port that is free.
func freePort(t *testing.T) int {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).Port
}

// ways are the programs that take SRT.
func ways(t *testing.T) map[string]Options {
	t.Helper()
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Fatal(err)
	}
	list := map[string]Options{"FFmpeg": {FFmpeg: path}}
	if path, err := exec.LookPath("srt-live-transmit"); err == nil {
		list["srt-live-transmit"] = Options{Transmit: path}
	}
	return list
}

// each runs a test with each program, with a passphrase and without.
func each(t *testing.T, change func(o *Options), test func(t *testing.T, sink *inputtest.Sink, url string)) {
	for name, o := range ways(t) {
		for _, secret := range []string{"", passphrase} {
			t.Run(fmt.Sprintf("%s, encrypted %t", name, secret != ""), func(t *testing.T) {
				t.Parallel()
				o := o
				port := freePort(t)
				o.Address, o.Passphrase, o.Spawner = fmt.Sprintf("127.0.0.1:%d", port), secret, newSpawner(t)
				change(&o)
				url := fmt.Sprintf("srt://127.0.0.1:%d?mode=caller&transtype=live&latency=%d", port, o.Latency.Microseconds())
				if secret != "" {
					url += "&passphrase=" + secret
				}
				test(t, inputtest.Run(t, New(o)), url)
			})
		}
	}
}

func newSpawner(t *testing.T) *child.Spawner {
	t.Helper()
	s := child.NewSpawner()
	t.Cleanup(s.Close)
	return s
}

// push sends a film again until SRT has taken it: the program may not listen yet.
func push(t *testing.T, sink *inputtest.Sink, number int, url string, s inputtest.Signal) *inputtest.Sender {
	t.Helper()
	var sender *inputtest.Sender
	begin := time.Now()
	for {
		sender = inputtest.Push(t, url, s)
		for {
			if len(sink.Connections()) > number {
				return sender
			}
			select {
			case <-sender.Ended():
			case <-time.After(10 * time.Millisecond):
				continue
			}
			break
		}
		if time.Since(begin) > inputtest.Patience {
			t.Fatal("SRT does not connect")
		}
	}
}

// patient makes an input that loses nothing on a busy machine.
func patient(o *Options) { o.Latency, o.Silence = 2*time.Second, 15*time.Second }

func TestEverySampleComesOnceInOrder(t *testing.T) {
	each(t, patient, func(t *testing.T, sink *inputtest.Sink, url string) {
		sender := push(t, sink, 0, url, inputtest.Signal{BFrames: 2, Length: 6 * time.Second})
		if said, err := sender.Wait(t); err != nil {
			t.Fatalf("the encoder ended: %v: %s", err, said)
		}
		c := sink.Connections()[0]
		if why := c.AwaitClosed(t); why != nil {
			t.Errorf("the connection ended: %v, want as the encoder wanted it", why)
		}
		video := c.Of(sample.Video)
		// What is on its way when the encoder closes is lost: SRT waits for its latency.
		if len(video) < 55 {
			t.Fatalf("got %d pictures of 150", len(video))
		}
		for i, s := range video[:55] {
			if s.DTS-video[0].DTS != time.Duration(i)*40*time.Millisecond || s.Sync != (i%50 == 0) {
				t.Fatalf("picture %d is decoded %s after the first one, key frame %t", i, s.DTS-video[0].DTS, s.Sync)
			}
		}
		if formats, _ := c.Formats(); len(formats) != 1 || formats[0].Audio == nil {
			t.Errorf("got %+v, want one format with sound", formats)
		}
	})
}

func TestAnEncoderThatDiedOrStandsStillCanComeBack(t *testing.T) {
	each(t, func(*Options) {}, func(t *testing.T, sink *inputtest.Sink, url string) {
		next := func(number int) *inputtest.Connection { // the last one, which works
			var c *inputtest.Connection
			sink.Await(t, "a connection with samples", func() bool {
				list := sink.Connections()
				c = list[len(list)-1]
				return len(list) > number && len(c.Samples()) > 0
			})
			return c
		}
		sender := push(t, sink, 0, url, inputtest.Signal{})
		first := next(0)
		sender.Kill()
		killed := time.Now()
		number := len(sink.Connections())
		sender = push(t, sink, number, url, inputtest.Signal{})
		second := next(number)
		t.Logf("back after %s", time.Since(killed))
		if why := first.AwaitClosed(t); !errors.Is(why, process.ErrSilent) {
			t.Errorf("the first connection ended: %v, want %v", why, process.ErrSilent)
		}
		sender.Signal(t, syscall.SIGSTOP)
		second.AwaitClosed(t)
		number = len(sink.Connections())
		push(t, sink, number, url, inputtest.Signal{})
		next(number)
	})
}

func TestAWrongPassphraseIsRefusedAndSaid(t *testing.T) {
	for name, o := range ways(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			port := freePort(t)
			o.Address, o.Passphrase, o.Spawner = fmt.Sprintf("127.0.0.1:%d", port), passphrase, newSpawner(t)
			sink := inputtest.Run(t, New(o))
			url := fmt.Sprintf("srt://127.0.0.1:%d?mode=caller&passphrase=wrong-wrong-wrong", port)
			begin := time.Now()
			for len(sink.Failures()) == 0 {
				if time.Since(begin) > inputtest.Patience {
					t.Fatal("no failure was told")
				}
				inputtest.Push(t, url, inputtest.Signal{Length: time.Second}).Wait(t)
			}
			if why := sink.Failures()[0]; !strings.Contains(why.Error(), "wrong passphrase") {
				t.Errorf("got %q", why)
			}
			if len(sink.Connections()) > 0 {
				t.Error("it was taken")
			}
			right := fmt.Sprintf("srt://127.0.0.1:%d?mode=caller&passphrase=%s", port, passphrase)
			push(t, sink, 0, right, inputtest.Signal{})
			sink.AwaitConnection(t, 0, 1)
		})
	}
}

func TestThePassphraseIsNoArgumentOfFFmpeg(t *testing.T) {
	o := ways(t)["FFmpeg"]
	o.Address, o.Passphrase = "127.0.0.1:9000", passphrase
	c := New(o).(*listener).command()
	if argv := strings.Join(c.Argv, " "); strings.Contains(argv, passphrase) || !strings.Contains(c.Stdin, passphrase) {
		t.Errorf("got %s", argv)
	}
}

func TestSRTLiveTransmitTellsTheLink(t *testing.T) {
	o, ok := ways(t)["srt-live-transmit"]
	if !ok {
		t.Skip("srt-live-transmit is not here")
	}
	port := freePort(t)
	o.Address, o.Spawner = fmt.Sprintf("127.0.0.1:%d", port), newSpawner(t)
	sink := inputtest.Run(t, New(o))
	push(t, sink, 0, fmt.Sprintf("srt://127.0.0.1:%d?mode=caller", port), inputtest.Signal{Size: "640x360", Rate: 50})
	c := sink.Connections()[0]
	sink.Await(t, "figures", func() bool { return c.Figures().RTT > 0 })
}

func TestFiguresAreThoseOfTheLine(t *testing.T) {
	sink := inputtest.NewSink()
	c := sink.Open(input.About{})
	figures(`{"sid":1,"link":{"rtt":12.5,"bandwidth":12},"recv":{"packets":212,"packetsLost":7,"packetsDropped":1,"packetsRetransmitted":6}}`, c)
	figures(`garbage`, c)
	if got, want := sink.Connections()[0].Figures(), (input.Link{RTT: 12.5, Lost: 7, Retransmitted: 6}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestAPortThatIsTakenIsSaidAndTriedAgain(t *testing.T) {
	for name, o := range ways(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			busy, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
			if err != nil {
				t.Fatal(err)
			}
			defer busy.Close()
			o.Address, o.Spawner = busy.LocalAddr().String(), newSpawner(t)
			sink := inputtest.Run(t, New(o))
			if why := sink.AwaitFailure(t, 0); !strings.Contains(why.Error(), "in use by another program") {
				t.Errorf("got %q", why)
			}
			busy.Close()
			push(t, sink, 0, "srt://"+o.Address+"?mode=caller", inputtest.Signal{})
			sink.AwaitConnection(t, 0, 1)
		})
	}
}

func TestAProgramThatEndsAgainAndAgainIsNotStartedWithoutPause(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\necho x >>"+dir+"/runs\nexit 9\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	sink := inputtest.Run(t, New(Options{Address: ":9000", FFmpeg: path, Spawner: newSpawner(t)}))
	why := sink.AwaitFailure(t, 3)
	if took := time.Since(begun); took < 7*pauseLeast {
		t.Errorf("four runs took %s, want pauses", took)
	}
	if !strings.Contains(why.Error(), "exit status 9") {
		t.Errorf("got %q", why)
	}
}

func TestWhatCannotBeIsAnError(t *testing.T) {
	for name, o := range map[string]Options{
		"no port":              {Address: "127.0.0.1", FFmpeg: "/bin/true"},
		"a name as address":    {Address: "example.com:9000", FFmpeg: "/bin/true"},
		"a short passphrase":   {Address: ":9000", FFmpeg: "/bin/true", Passphrase: "short"},
		"a strange passphrase": {Address: ":9000", FFmpeg: "/bin/true", Passphrase: "correct&horse=1"},
		"no program":           {Address: ":9000"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), inputtest.Patience)
		if err := New(o).Run(ctx, inputtest.NewSink()); err == nil || ctx.Err() != nil {
			t.Errorf("%s: got %v, want an error at once", name, err)
		}
		cancel()
	}
}
