package fetch

import (
	"bytes"
	"net/http"
	"testing"
	"testing/synctest"

	"livestream-tui/services/proxy/fakenet"
	"livestream-tui/services/proxy/object"
	"livestream-tui/services/proxy/verdict"
)

func TestHeadersArePackagersOwn(t *testing.T) {
	for _, c := range []struct {
		name  string
		serve http.HandlerFunc
		want  map[string]string
	}{
		{"it says nothing", fakenet.Whole, map[string]string{"Content-Type": "video/mp2t", "Cache-Control": "", "ETag": object.ETagOf(fakenet.Body), "X-Packager": "http://server1",
			"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Content-Length, Content-Range, ETag, X-Packager", "Accept-Ranges": "bytes"}},
		{"it says all", func(w http.ResponseWriter, q *http.Request) {
			for name, value := range map[string]string{"Cache-Control": "max-age=7", "Last-Modified": "Tue, 01 Jul 2025 00:00:00 GMT", "ETag": `"theirs"`, "Set-Cookie": "a=1", "Vary": "Origin",
				"Content-Type": "video/own", "Access-Control-Allow-Origin": "http://site"} {
				w.Header().Set(name, value)
			}
			_, _ = w.Write(fakenet.Body)
		}, map[string]string{"Content-Type": "video/own", "Cache-Control": "max-age=7", "Last-Modified": "Tue, 01 Jul 2025 00:00:00 GMT", "Vary": "Origin", "ETag": object.ETagOf(fakenet.Body),
			"Set-Cookie": "", "Access-Control-Allow-Origin": "*"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := rigOf(c.serve)
				defer r.End()
				f := r.fetch()
				f.Run(t.Context())
				ready := f.Object.Ready()
				if ready == nil || !bytes.Equal(ready.Body(), fakenet.Body) || f.Object.Quick() != ready {
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
		r := rigOf(fakenet.Whole)
		defer r.End()
		f := r.forPlayers()
		f.Run(t.Context())
		if f.Object.Ready() == nil || f.Object.Quick() != nil {
			t.Error("want an answer for who holds the object alone")
		}
	})
}

func TestProve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rigOf(fakenet.Whole, fakenet.Says(404, "", ""), fakenet.Silent, fakenet.Says(200, "", "odd"))
		defer r.End()
		list := r.Sources("/7.ts")
		c, _, err := Prove(t.Context(), list[0], verdict.Want{}, theDuration)
		if err != nil || !bytes.Equal(c.Body, fakenet.Body) || !c.Whole || c.ETag != object.ETagOf(fakenet.Body) || c.Packager != "http://server1" {
			t.Errorf("got %v, %+v", err, c)
		}
		for i, want := range []string{1: "status 404", 2: "a segment took more than 2s"} {
			if i == 0 {
				continue
			}
			if _, _, err := Prove(t.Context(), list[i], verdict.Want{}, theDuration); err == nil || err.Error() != want {
				t.Errorf("server%d: got %v, want %s", i+1, err, want)
			}
		}
		if c, _, err := Prove(t.Context(), list[3], verdict.Want{}, theDuration); err != nil || c.Odd == "" {
			t.Errorf("a doubtful body: got %v, %+v, want it with what is odd", err, c)
		}
	})
}
