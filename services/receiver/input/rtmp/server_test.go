package rtmp

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"livestream-tui/services/receiver/input/tracks"
	"livestream-tui/services/receiver/inputtest"
	"livestream-tui/services/receiver/sample"
)

// station is a server that is on the air in a test.
type station struct {
	*Server
	address string

	mu   sync.Mutex
	told []string
}

func newStation(t *testing.T) *station {
	t.Helper()
	st := &station{}
	st.Server = New(Options{Refused: func(host string, why error) {
		st.mu.Lock()
		defer st.mu.Unlock()
		st.told = append(st.told, host+": "+why.Error())
	}})
	st.handshake, st.silence = time.Hour, time.Hour // nothing here is to end by itself
	l, err := Listen("127.0.0.1:0", nil)
	if err != nil {
		t.Fatal(err)
	}
	st.address = l.Addr().String()
	st.serve(t, l)
	return st
}

func (st *station) serve(t *testing.T, l net.Listener) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- st.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func (st *station) url(key string) string { return "rtmp://" + st.address + "/live/" + key }

func (st *station) refusals() []string {
	st.mu.Lock()
	defer st.mu.Unlock()
	return append([]string(nil), st.told...)
}

func TestEverySampleOfAnEncoderComesOnceInOrderAtItsTime(t *testing.T) {
	for name, s := range map[string]inputtest.Signal{
		"plain":         {Length: 3 * time.Second},
		"with B-frames": {Length: 3 * time.Second, BFrames: 2, Size: "320x180"},
		"no sound":      {Length: 3 * time.Second, Audio: "none"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := newStation(t)
			sink := inputtest.Run(t, st.Input("key-of-main"))
			film := inputtest.Film(t, "film.mp4", s)
			sender := inputtest.PushFilm(t, st.url("key-of-main"), film)
			if said, err := sender.Wait(t); err != nil {
				t.Fatalf("the encoder ended: %v: %s", err, said)
			}
			c := sink.AwaitConnection(t, 0, 1)
			if why := c.AwaitClosed(t); why != nil {
				t.Errorf("the connection ended: %v, want that the encoder said so", why)
			}
			inputtest.SameTimes(t, c.Of(sample.Video), inputtest.Probe(t, film, sample.Video))
			if s.Audio == "" {
				inputtest.SameTimes(t, c.Of(sample.Audio), inputtest.Probe(t, film, sample.Audio))
			}
			formats, at := c.Formats()
			if len(formats) != 1 || at[0] != 0 || (formats[0].Audio == nil) != (s.Audio == "none") {
				t.Errorf("got %+v at %v, want one format", formats, at)
			}
			if !strings.HasPrefix(c.About.Encoder, "Lavf") || !strings.HasPrefix(c.About.Remote, "127.0.0.1:") {
				t.Errorf("got %+v, want FFmpeg from here", c.About)
			}
		})
	}
}

func TestAKeyMayStandWhereEncodersPutIt(t *testing.T) {
	for _, path := range []string{"/live/secret", "/live/secret?x=1", "/live/stage?key=secret", "/other/secret", "/secret", "/live/?key=secret"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			st := newStation(t)
			sink := inputtest.Run(t, st.Input("secret"))
			inputtest.Push(t, "rtmp://"+st.address+path, inputtest.Signal{})
			sink.AwaitConnection(t, 0, 1)
		})
	}
}

func TestAWrongKeyIsRefusedAndTheEncoderIsToldWhy(t *testing.T) {
	t.Parallel()
	st := newStation(t)
	sink := inputtest.Run(t, st.Input("right"))
	for range 2 {
		sender := inputtest.Push(t, st.url("wrong"), inputtest.Signal{})
		said, err := sender.Wait(t)
		if err == nil || !strings.Contains(said, errKey.Error()) {
			t.Errorf("FFmpeg says %q, %v, want %q", said, err, errKey)
		}
	}
	if got := st.Refusals(); got != 2 {
		t.Errorf("got %d refusals, want 2", got)
	}
	if got := st.refusals(); len(got) != 1 || got[0] != "127.0.0.1: its stream key is unknown" {
		t.Errorf("told %q, want one line without the key", got)
	}
	if len(sink.Connections()) > 0 || len(sink.Failures()) > 0 {
		t.Error("the input was told")
	}
}

func TestAnEncoderThatComesBackTakesOverItsDeadSession(t *testing.T) {
	t.Parallel()
	st := newStation(t)
	sink := inputtest.Run(t, st.Input("k"))
	dead := inputtest.Push(t, st.url("k"), inputtest.Signal{})
	first := sink.AwaitConnection(t, 0, 10)
	dead.Signal(t, syscall.SIGSTOP)
	inputtest.Push(t, st.url("k"), inputtest.Signal{})
	sink.AwaitConnection(t, 1, 10)
	if why := first.AwaitClosed(t); !errors.Is(why, errSuperseded) {
		t.Errorf("the dead session ended: %v, want %v", why, errSuperseded)
	}
	if len(sink.Connections()[1].Of(sample.Video)) == 0 {
		t.Error("the new session has no pictures")
	}
}

func TestAnEncoderThatIsKilledEndsAtOnce(t *testing.T) {
	t.Parallel()
	st := newStation(t)
	sink := inputtest.Run(t, st.Input("k"))
	sender := inputtest.Push(t, st.url("k"), inputtest.Signal{})
	c := sink.AwaitConnection(t, 0, 10)
	sender.Kill()
	if why := c.AwaitClosed(t); why == nil {
		t.Error("it ended as if the encoder had said so")
	}
	// And it comes back.
	inputtest.Push(t, st.url("k"), inputtest.Signal{})
	sink.AwaitConnection(t, 1, 10)
}

func TestTwoInputsAreToldApartByTheirKeys(t *testing.T) {
	t.Parallel()
	st := newStation(t)
	a, b := inputtest.Run(t, st.Input("a")), inputtest.Run(t, st.Input("b"))
	inputtest.Push(t, st.url("a"), inputtest.Signal{Size: "160x90"})
	inputtest.Push(t, st.url("b"), inputtest.Signal{Size: "320x180"})
	for sink, width := range map[*inputtest.Sink]int{a: 160, b: 320} {
		c := sink.AwaitConnection(t, 0, 1)
		if formats, _ := c.Formats(); formats[0].Video.Width != width {
			t.Errorf("got pictures of %d, want %d", formats[0].Video.Width, width)
		}
	}
}

func TestKeysThatCannotBeAreRefusedAtOnce(t *testing.T) {
	s := New(Options{})
	if err := s.Input("").Run(t.Context(), inputtest.NewSink()); err == nil {
		t.Error("an empty key: got no error")
	}
	inputtest.Run(t, s.Input("k"))
	second := s.Input("k")
	for { // the first one registers on a goroutine of its own
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := second.Run(ctx, inputtest.NewSink()); err != nil {
			return
		}
		if t.Context().Err() != nil {
			t.Fatal("the same key twice: got no error")
		}
	}
}

func TestAnInputThatEndsClosesItsSessions(t *testing.T) {
	t.Parallel()
	st := newStation(t)
	sink := inputtest.NewSink()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- st.Input("k").Run(ctx, sink) }()
	inputtest.Push(t, st.url("k"), inputtest.Signal{})
	c := sink.AwaitConnection(t, 0, 1)
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if closed, why := c.Closed(); !closed || !errors.Is(why, errStopped) {
		t.Errorf("got %t, %v, want that it was closed", closed, why)
	}
}

func TestCodecsThatAreNotTakenAreNamed(t *testing.T) {
	for _, c := range []struct {
		name     string
		signal   inputtest.Signal
		want     error
		pictures bool
	}{
		{"Sorenson", inputtest.Signal{Codec: "flv1"}, tracks.Unsupported{Track: sample.Video, Codec: "Sorenson H.263"}, false},
		{"MP3", inputtest.Signal{Audio: "libmp3lame", Extra: []string{"-ar", "44100"}}, tracks.Unsupported{Track: sample.Audio, Codec: "MP3"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			st := newStation(t)
			sink := inputtest.Run(t, st.Input("k"))
			inputtest.Push(t, st.url("k"), c.signal)
			if err := sink.AwaitFailure(t, 0); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if c.pictures {
				conn := sink.AwaitConnection(t, 0, 10)
				if formats, _ := conn.Formats(); formats[0].Audio != nil {
					t.Error("got sound")
				}
			}
		})
	}
}

func TestAStrangerHasFiveSecondsAndAFriendTen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{})
		here, there := net.Pipe()
		begun := time.Now()
		s.handle(t.Context(), here)
		if took := time.Since(begun); took != handshakeMost {
			t.Errorf("a stranger had %s, want %s", took, handshakeMost)
		}
		if s.Refusals() != 1 {
			t.Error("it was not counted")
		}
		there.Close()
	})
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		defer there.Close()
		m := &meter{Conn: here, left: -1, patience: silenceMost}
		begun := time.Now()
		if _, err := m.Read(make([]byte, 1)); err == nil || time.Since(begun) != silenceMost {
			t.Errorf("a friend: got %v after %s, want %s", err, time.Since(begun), silenceMost)
		}
	})
}

func TestAStrangerCannotSendMuchAndAFriendCan(t *testing.T) {
	for left, want := range map[int]error{100: errStranger, -1: io.EOF} {
		here, there := net.Pipe()
		go func() {
			_, _ = there.Write(make([]byte, 1000))
			there.Close()
		}()
		n, err := io.Copy(io.Discard, struct{ io.Reader }{&meter{Conn: here, left: left}})
		here.Close()
		if errors.Is(want, io.EOF) {
			want = nil
		}
		if !errors.Is(err, want) || (n == 1000) != (left < 0) {
			t.Errorf("with %d left: got %d bytes and %v, want %v", left, n, err, want)
		}
	}
	if s := newSession(nil, 0); s.conn.left != strangerMost {
		t.Errorf("a session begins with %d bytes, want %d", s.conn.left, strangerMost)
	}
}

func TestThereAreNotTooManyConnections(t *testing.T) {
	st := newStation(t)
	var open []net.Conn
	defer func() {
		for _, c := range open {
			c.Close()
		}
	}()
	deadline := time.Now().Add(inputtest.Patience)
	for st.Refusals() == 0 && time.Now().Before(deadline) {
		c, err := net.Dial("tcp", st.address)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, c)
		if len(open) > 10*connectionsMost {
			t.Fatal("none of them was refused")
		}
		_ = c.SetReadDeadline(time.Now().Add(time.Millisecond))
		_, _ = c.Read(make([]byte, 1))
	}
	if len(open) <= connectionsMost {
		t.Errorf("connection %d was refused, want %d to be taken", len(open), connectionsMost)
	}
}
