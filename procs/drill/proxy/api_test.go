package proxy

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestAChangeOfModeIsNoFailover(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `[{"id":1,"time":"2026-01-01T00:00:00Z","event":"failover","cause":"before the fault"},
			{"id":2,"time":"2026-01-01T00:01:00Z","event":"serving","playlist":"/a.m3u8","mode":"merged","degraded":false},
			{"id":3,"time":"2026-01-01T00:01:01Z","event":"failover","cause":"the fault","gap_ms":41}]`)
	}))
	defer server.Close()
	got := API{server.URL, server.Client()}.Failovers(t.Context(), time.Date(2026, 1, 1, 0, 0, 30, 0, time.UTC))
	if len(got) != 1 || got[0].ID != 3 || got[0].Cause != "the fault" || got[0].GapMS != 41 {
		t.Errorf("got %+v, want the one that the fault made", got)
	}
}
