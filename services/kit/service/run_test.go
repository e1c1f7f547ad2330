package service

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/mux"
)

func TestHowAServiceEnds(t *testing.T) {
	broken := errors.New("reporter did not answer")
	for _, c := range []struct {
		name string
		run  func(context.Context) error
		stop error // cancels the context when not nil
		want error
	}{
		{"asked to, cleanly", nil, context.Canceled, nil},
		{"asked to, for a reason of the asker's", nil, errors.New("hangup"), nil},
		{"asked to, saying that it was", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, context.Canceled, nil},
		{"asked to, and failing at it", func(ctx context.Context) error { <-ctx.Done(); return broken }, context.Canceled, broken},
		{"by itself, having done its work", func(context.Context) error { return nil }, nil, nil},
		{"by itself, having failed", func(context.Context) error { return broken }, nil, broken},
		{"by itself, over something that it cancelled", func(context.Context) error { return context.Canceled }, nil, context.Canceled},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := start(t, fake{address: "127.0.0.1:0", run: c.run}, Common{})
			if c.stop != nil {
				r.base()
				r.cancel(c.stop)
			}
			if err := r.ended(); !errors.Is(err, c.want) || (c.want == nil) != (err == nil) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestOpenResponsesHaveTheDrainToEnd(t *testing.T) {
	for _, c := range []struct {
		name  string
		drain time.Duration
		whole bool
	}{
		{"time enough", patience, true},
		{"no time", 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			begun, finish := make(chan struct{}), make(chan struct{})
			r := start(t, fake{
				address: "127.0.0.1:0",
				routes: func(r *mux.Router) {
					r.HandleFunc("/slow", func(w http.ResponseWriter, req *http.Request) {
						w.Header().Set("Content-Length", "2")
						_, _ = io.WriteString(w, "a")
						http.NewResponseController(w).Flush()
						close(begun)
						select {
						case <-finish:
							_, _ = io.WriteString(w, "b")
						case <-req.Context().Done():
						}
					})
				},
				run: func(ctx context.Context) error { <-ctx.Done(); return nil },
			}, Common{Drain: c.drain})
			res, err := http.Get(r.base() + "/slow")
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			<-begun
			r.cancel(nil)
			if !c.whole {
				if err := r.ended(); err != nil {
					t.Errorf("got %v, want a clean end", err)
				}
			}
			close(finish)
			b, err := io.ReadAll(res.Body)
			if got := err == nil && string(b) == "ab"; got != c.whole {
				t.Errorf("whole: got %t (%q, %v), want %t", got, b, err, c.whole)
			}
			if c.whole {
				if err := r.ended(); err != nil {
					t.Errorf("got %v, want a clean end", err)
				}
			}
		})
	}
}
