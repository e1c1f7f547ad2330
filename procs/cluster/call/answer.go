package call

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"livestream-tui/procs/platform/api"
	"livestream-tui/services/cluster"
	"livestream-tui/services/kit/report"
	"livestream-tui/services/kit/text"
)

const (
	// answerMost is how many bytes a message may have; zippedLeast is from how many on it is
	// compressed.
	answerMost  = 900_000
	zippedLeast = 512
	// callsMost is how many calls are answered at the same time.
	callsMost = 8
	// withinMost is how long a call may take.
	withinMost = 15 * time.Second
	// clocksApart is how far apart two clocks are at most where that is not measured.
	clocksApart = 5 * time.Second
)

// Answers are a machine's answers to the other machines' calls.
type Answers struct {
	// Machine is this machine's name.
	Machine string
	// Handler answers; see api.Handler.
	Handler http.Handler
	// Ahead is how far another machine's clock is ahead of this one's; false while that is
	// not known. Nil means never known.
	Ahead func(machine string) (time.Duration, bool)
	// Log takes what cannot be answered; nil discards it.
	Log hclog.Logger
}

// Run answers until ctx is cancelled and what was begun has ended. The error says that the
// Bus refuses.
func (a Answers) Run(ctx context.Context, bus cluster.Bus) error {
	if a.Log == nil {
		a.Log = hclog.NewNullLogger()
	}
	if a.Ahead == nil {
		a.Ahead = func(string) (time.Duration, bool) { return 0, false }
	}
	var work sync.WaitGroup
	defer work.Wait()
	room, done := make(chan struct{}, callsMost), &remembered{}
	err := bus.Subscribe(ctx, cluster.SubjectPlatform+a.Machine, func(m cluster.Msg) {
		if m.Reply == nil || ctx.Err() != nil {
			return
		}
		select {
		case room <- struct{}{}:
		default:
			a.reply(m, refusal(http.StatusServiceUnavailable, "the machine is busy with other calls"))
			return
		}
		work.Go(func() {
			defer func() { <-room }()
			a.reply(m, a.answer(ctx, m.Data, done))
		})
	})
	if err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func (a Answers) reply(m cluster.Msg, answer []byte) {
	if err := m.Reply(answer); err != nil {
		a.Log.Debug("the caller cannot be reached", "error", err)
	}
}

// answer answers one request. A command that came before is answered as it was then.
func (a Answers) answer(ctx context.Context, wire []byte, done *remembered) []byte {
	req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(wire)))
	if err != nil {
		return refusal(http.StatusBadRequest, "the call cannot be read")
	}
	from, id := text.Clean(req.Header.Get(headerFrom)), req.Header.Get(headerID)
	if !cluster.IsMachine(from) || id == "" {
		return refusal(http.StatusBadRequest, "the call does not say who calls")
	}
	if req.Method == http.MethodGet {
		return a.do(ctx, req, from)
	}
	return done.once(id, time.Now(), func() []byte {
		if late := a.late(req, from, time.Now()); late != "" {
			return refusal(http.StatusConflict, late)
		}
		return a.do(ctx, req, from)
	})
}

// do has the handler answer. As in net/http, a panic of the handler ends its own answer only.
func (a Answers) do(ctx context.Context, req *http.Request, from string) (answer []byte) {
	defer func() {
		if r := recover(); r != nil {
			a.Log.Error("a call of another machine failed", "machine", from, "path", req.URL.Path, "panic", r)
			answer = refusal(http.StatusInternalServerError, "the machine cannot answer: its log says why")
		}
	}()
	within := time.Duration(number(req.Header.Get(headerWithin))) * time.Millisecond
	if within <= 0 || within > withinMost {
		within = withinMost
	}
	ctx, cancel := context.WithTimeout(api.WithMachine(ctx, from), within)
	defer cancel()
	to := &written{header: http.Header{}, status: http.StatusOK}
	a.Handler.ServeHTTP(to, req.WithContext(ctx))
	answer, err := packed(to.response())
	if err != nil {
		return refusal(http.StatusBadGateway, err.Error())
	}
	return answer
}

// late says why a command comes too late to be done; empty when it does not. The caller has
// given up by then, and the operator may have decided otherwise.
func (a Answers) late(req *http.Request, from string, now time.Time) string {
	at, err := time.Parse(time.RFC3339Nano, req.Header.Get(headerAt))
	if err != nil {
		return "the call does not say since when it waits"
	}
	ahead, known := a.Ahead(from)
	until := at.Add(time.Duration(number(req.Header.Get(headerWithin))) * time.Millisecond)
	if !known {
		until = until.Add(clocksApart)
	}
	if by := now.Add(ahead).Sub(until); by > 0 {
		return fmt.Sprintf("the command comes %s too late, and is not done", by.Round(100*time.Millisecond))
	}
	return ""
}

// number returns a whole number; 0 for anything else.
func number(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

// packed returns an answer as a message. The error says that it is too large for one.
func packed(resp *http.Response) ([]byte, error) {
	var wire bytes.Buffer
	if err := resp.Write(&wire); err != nil {
		return nil, err
	}
	if wire.Len() < zippedLeast {
		return wire.Bytes(), nil
	}
	var small bytes.Buffer
	zip, err := gzip.NewWriterLevel(&small, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(zip, &wire); err != nil {
		return nil, err
	}
	if err := zip.Close(); err != nil {
		return nil, err
	}
	if small.Len() > answerMost {
		return nil, fmt.Errorf("the answer has %s, more than a message between machines may have: ask for less", text.Bytes(int64(small.Len())))
	}
	return small.Bytes(), nil
}

// refusal returns an answer with an error.
func refusal(status int, why string) []byte {
	to := &written{header: http.Header{"Content-Type": {"application/json"}}, status: status}
	_ = json.NewEncoder(&to.body).Encode(report.Error{Error: why}) // memory does not fail
	wire, _ := packed(to.response())                               // it is small
	return wire
}

// written is an answer that a handler has written. It implements http.ResponseWriter.
type written struct {
	header http.Header
	status int
	begun  bool // the status cannot change any more
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (w *written) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter.
func (w *written) WriteHeader(status int) {
	if !w.begun {
		w.status, w.begun = status, true
	}
}

// Write implements http.ResponseWriter.
func (w *written) Write(b []byte) (int, error) {
	w.begun = true
	return w.body.Write(b)
}

func (w *written) response() *http.Response {
	return &http.Response{
		StatusCode: w.status, ProtoMajor: 1, ProtoMinor: 1, Header: w.header,
		Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()),
	}
}
