package token

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestSignedRequestsPlay(t *testing.T) {
	k := keys(t, old)
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		said := "none"
		if c, err := r.Cookie(Cookie); err == nil {
			said = "not for live01"
			if k.Check([]byte(c.Value), []byte("live01"), time.Now()) == nil {
				said = "for live01"
			}
		}
		got = append(got, r.URL.RequestURI()+" "+said)
	}))
	defer server.Close()
	other := httptest.NewServer(server.Config.Handler)
	defer other.Close()
	c := &http.Client{Transport: &http.Transport{}}
	Sign(c, k, server.URL)
	defer c.CloseIdleConnections()
	for _, url := range []string{server.URL + "/live01/playlist.m3u8?a=b", server.URL + "/live02/1.ts", server.URL + "/healthz", other.URL + "/live01/1.ts"} {
		res, err := c.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
	}
	want := []string{"/live01/playlist.m3u8?a=b for live01", "/live02/1.ts not for live01", "/healthz none", "/live01/1.ts none"}
	for i := range want {
		if i >= len(got) || got[i] != want[i] {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
	plain := &http.Client{}
	if Sign(plain, nil, server.URL); plain.Transport != nil {
		t.Error("without keys, a client is changed")
	}
}
