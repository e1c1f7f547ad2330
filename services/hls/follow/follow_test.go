package follow

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"livestream-tui/services/kit/httpx"
)

func TestEachLoadComesWhenTheOneBeforeSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		var loads []time.Duration
		err := Run(ctx, func(context.Context) time.Time {
			loads = append(loads, time.Since(began))
			switch len(loads) {
			case 1:
				return time.Now().Add(2 * time.Second)
			case 2:
				return time.Now().Add(-time.Second) // overdue: at once
			case 3:
				return time.Now().Add(time.Second)
			}
			cancel()
			return time.Now().Add(time.Hour)
		})
		if want := []time.Duration{0, 2 * time.Second, 2 * time.Second, 3 * time.Second}; !slices.Equal(loads, want) {
			t.Errorf("got loads at %v, want %v", loads, want)
		}
		if !errors.Is(err, context.Canceled) || time.Since(began) != 3*time.Second {
			t.Errorf("got %v after %s, want the end at once", err, time.Since(began))
		}
	})
}

func TestTheWaitIsCutShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := Until(ctx, began.Add(time.Hour)); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("got %v after %s, want the deadline", err, time.Since(began))
		}
		if err := Until(ctx, began); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("nothing to wait for: got %v, want the deadline", err)
		}
	})
}

func TestLoad(t *testing.T) {
	const playlist = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:7\n#EXTINF:2,\n7.m4s\n"
	for _, c := range []struct {
		name   string
		status int
		body   string
		want   string // of the error; empty when there is none
	}{
		{"a playlist", 200, playlist, ""},
		{"a status", 503, playlist, "status 503"},
		{"a page", 200, "<html>", "#EXTM3U"},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Packager", "one")
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.body))
			}))
			defer server.Close()
			client := httpx.New(httpx.Options{})
			defer client.CloseIdleConnections()
			list, a, err := Load(t.Context(), client, server.URL)
			if a.Header.Get("X-Packager") != "one" || string(a.Body) != c.body {
				t.Errorf("got %+v, want the answer in any case", a)
			}
			switch {
			case c.want == "" && (err != nil || list.LastMSN() != 7):
				t.Errorf("got %v, %v, want the playlist", list, err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
