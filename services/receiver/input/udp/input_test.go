package udp

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"livestream-tui/services/receiver/input"
	"livestream-tui/services/receiver/inputtest"
	"livestream-tui/services/receiver/sample"
)

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

// patient is an input whose sources may be slow, as those on a busy machine are.
func patient(address string) input.Input {
	return &listener{address, 5 * time.Second, time.Second}
}

func TestEverySampleComesOnceInOrderAtItsTime(t *testing.T) {
	for name, s := range map[string]inputtest.Signal{
		"H.264 with B-frames": {BFrames: 2, Length: 3 * time.Second},
		"HEVC and Opus":       {Codec: "libx265", Audio: "libopus", Length: 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := fmt.Sprintf("127.0.0.1:%d", freePort(t))
			sink := inputtest.Run(t, patient(address))
			film := inputtest.Film(t, "film.ts", s)
			awaitOpen(t, address)
			sender := inputtest.PushFilm(t, "udp://"+address+"?pkt_size=1316", film)
			if said, err := sender.Wait(t); err != nil {
				t.Fatalf("%v: %s", err, said)
			}
			c := sink.AwaitConnection(t, 0, 1)
			if why := c.AwaitClosed(t); !errors.Is(why, errSilent) {
				t.Errorf("it ended: %v, want %v", why, errSilent)
			}
			inputtest.SameTimes(t, c.Of(sample.Video), inputtest.Probe(t, film, sample.Video))
			inputtest.SameTimes(t, c.Of(sample.Audio), inputtest.Probe(t, film, sample.Audio))
		})
	}
}

// awaitOpen waits until something listens: whoever sends to a closed port is told so.
func awaitOpen(t *testing.T, address string) {
	t.Helper()
	deadline := time.Now().Add(inputtest.Patience)
	for time.Now().Before(deadline) {
		c, err := net.Dial("udp", address)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = c.Write([]byte("is it open?"))
		_ = c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		_, err = c.Read(make([]byte, 1))
		c.Close()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
	}
	t.Fatal("nothing listens at " + address)
}

func TestRTPIsTaken(t *testing.T) {
	t.Parallel()
	address := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	sink := inputtest.Run(t, patient(address))
	awaitOpen(t, address)
	film := inputtest.Film(t, "film.ts", inputtest.Signal{Length: 2 * time.Second})
	inputtest.Start(t, "-hide_banner", "-nostdin", "-loglevel", "error", "-re", "-i", film, "-c", "copy", "-f", "rtp_mpegts", "rtp://"+address).Wait(t)
	c := sink.AwaitConnection(t, 0, 1)
	c.AwaitClosed(t)
	got, want := c.Of(sample.Video), inputtest.Probe(t, film, sample.Video)
	// FFmpeg does not send the packets that do not fill a datagram at the end.
	inputtest.SameTimes(t, got, want[:max(len(want)-1, min(len(got), len(want)))])
}

func TestMulticastIsJoined(t *testing.T) {
	t.Parallel()
	group := fmt.Sprintf("239.255.%d.%d:%d", os.Getpid()>>8&0xff, os.Getpid()&0xff, freePort(t))
	sink := inputtest.Run(t, patient(group))
	for len(sink.Connections()) == 0 {
		sender := inputtest.Push(t, "udp://"+group+"?pkt_size=1316&ttl=1&localaddr=127.0.0.1", inputtest.Signal{Length: 3 * time.Second})
		sender.Wait(t)
		if t.Context().Err() != nil {
			t.Fatal("nothing arrives")
		}
	}
	sink.AwaitConnection(t, 0, 10)
}

func TestAnotherSourceIsAnotherConnection(t *testing.T) {
	t.Parallel()
	address := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	sink := inputtest.Run(t, patient(address))
	awaitOpen(t, address)
	url := "udp://" + address + "?pkt_size=1316"
	first := inputtest.Push(t, url, inputtest.Signal{})
	a := sink.AwaitConnection(t, 0, 10)
	second := inputtest.Push(t, url, inputtest.Signal{})
	if why := sink.AwaitFailure(t, 0); why == nil {
		t.Error("the second source was not told of")
	}
	first.Kill()
	b := sink.AwaitConnection(t, 1, 10)
	if why := a.AwaitClosed(t); !errors.Is(why, errSource) {
		t.Errorf("the first one ended: %v, want %v", why, errSource)
	}
	if a.About.Remote == b.About.Remote {
		t.Errorf("both come from %s", a.About.Remote)
	}
	second.Signal(t, syscall.SIGSTOP)
	if why := b.AwaitClosed(t); !errors.Is(why, errSilent) {
		t.Errorf("the second one ended: %v, want %v", why, errSilent)
	}
	second.Signal(t, syscall.SIGCONT)
	sink.AwaitConnection(t, 2, 10)
}

func TestAnAddressThatIsTakenIsTriedAgain(t *testing.T) {
	t.Parallel()
	busy, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	address := busy.LocalAddr().String()
	sink := inputtest.Run(t, patient(address))
	sink.AwaitFailure(t, 0)
	busy.Close()
	awaitOpen(t, address)
	inputtest.Push(t, "udp://"+address+"?pkt_size=1316", inputtest.Signal{})
	sink.AwaitConnection(t, 0, 1)
}

func TestAnAddressThatCannotBeIsAnError(t *testing.T) {
	if err := New("nothing").Run(t.Context(), inputtest.NewSink()); err == nil {
		t.Error("got no error")
	}
}

func TestPayloadsOfDatagrams(t *testing.T) {
	packet := bytes.Repeat([]byte{0x47}, 188)
	rtp := func(first byte, more ...byte) []byte {
		return append(append([]byte{first, 33, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}, more...), packet...)
	}
	for name, c := range map[string]struct {
		datagram []byte
		want     int
	}{
		"plain":                 {packet, 188},
		"RTP":                   {rtp(0x80), 188},
		"RTP with sources":      {rtp(0x82, 1, 2, 3, 4, 5, 6, 7, 8), 188},
		"RTP with an extension": {rtp(0x90, 0, 0, 0, 1, 9, 9, 9, 9), 188},
		"nothing":               {nil, 0},
		"text":                  {[]byte("is it open?"), 0},
		"RTP cut off":           {[]byte{0x90, 33, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 0},
		"RTP of something else": {[]byte{0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2}, 0},
	} {
		if got := payload(c.datagram); len(got) != c.want {
			t.Errorf("%s: got %d bytes, want %d", name, len(got), c.want)
		}
	}
}
