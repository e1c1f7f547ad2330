package fetch

import (
	"bytes"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

func TestHeadersArePackagersOwn(t *testing.T) {
	for _, c := range []struct {
		name  string
		serve http.HandlerFunc
		want  map[string]string
	}{
		{"it says nothing", whole, map[string]string{"Content-Type": "video/mp2t", "Cache-Control": "", "ETag": ETagOf(theBody), "X-Packager": "http://server1",
			"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Content-Length, Content-Range, ETag, X-Packager", "Accept-Ranges": "bytes"}},
		{"it says all", func(w http.ResponseWriter, q *http.Request) {
			for name, value := range map[string]string{"Cache-Control": "max-age=7", "Last-Modified": "Tue, 01 Jul 2025 00:00:00 GMT", "ETag": `"theirs"`, "Set-Cookie": "a=1", "Vary": "Origin",
				"Content-Type": "video/own", "Access-Control-Allow-Origin": "http://site"} {
				w.Header().Set(name, value)
			}
			_, _ = w.Write(theBody)
		}, map[string]string{"Content-Type": "video/own", "Cache-Control": "max-age=7", "Last-Modified": "Tue, 01 Jul 2025 00:00:00 GMT", "Vary": "Origin", "ETag": ETagOf(theBody),
			"Set-Cookie": "", "Access-Control-Allow-Origin": "*"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := rigOf(t, c.serve)
				defer r.end()
				f := r.fetch()
				f.Run(t.Context())
				ready := f.Object.Ready()
				if ready == nil || !bytes.Equal(ready.Body(), theBody) || f.Object.Quick() != ready {
					t.Fatal("want an answer that is ready")
				}
				for name, want := range c.want {
					if got := ready.Header().Get(name); got != want {
						t.Errorf("%s: got %q, want %q", name, got, want)
					}
				}
				if got, _ := f.Object.Now(); c.name == "it says all" && (got.Header.Get("Set-Cookie") != "a=1" || got.Header.Get("ETag") != `"theirs"`) {
					t.Errorf("the packager's own: got %v, want its cookie and its ETag", got.Header)
				}
			})
		})
	}
}

func TestWhatPlayersAskedForIsNotAnsweredUncounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rigOf(t, whole)
		defer r.end()
		f := r.forPlayers()
		f.Run(t.Context())
		if f.Object.Ready() == nil || f.Object.Quick() != nil {
			t.Error("want an answer for who holds the object alone")
		}
	})
}

func TestAnEndedObjectDoesNotChange(t *testing.T) {
	o := NewObject("/a", time.Unix(1e9, 0))
	o.Fill(Content{Body: []byte("x"), Type: "text/x"})
	o.Fail(ErrNotFound)
	o.Fill(Content{Body: []byte("y")})
	if c, _ := o.Now(); !c.Whole || c.Err != nil || string(c.Body) != "x" || c.Size != 1 || c.ETag != ETagOf(c.Body) {
		t.Errorf("got %+v, want it as it was filled", c)
	}
}

func TestProve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rigOf(t, whole, says(404, "", ""), silent, says(200, "", "odd"))
		defer r.end()
		list := r.sources("/7.ts")
		c, _, err := Prove(t.Context(), list[0], Want{}, theDuration)
		if err != nil || !bytes.Equal(c.Body, theBody) || !c.Whole || c.ETag != ETagOf(theBody) || c.Packager != "http://server1" {
			t.Errorf("got %v, %+v", err, c)
		}
		for i, want := range []string{1: "status 404", 2: "a segment took more than 2s"} {
			if i == 0 {
				continue
			}
			if _, _, err := Prove(t.Context(), list[i], Want{}, theDuration); err == nil || err.Error() != want {
				t.Errorf("server%d: got %v, want %s", i+1, err, want)
			}
		}
		if c, _, err := Prove(t.Context(), list[3], Want{}, theDuration); err != nil || c.Odd == "" {
			t.Errorf("a doubtful body: got %v, %+v, want it with what is odd", err, c)
		}
	})
}
