package player

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"livestream-tui/services/hls/m3u8"
	"livestream-tui/services/viewer/stationtest"
)

// fetched is what a transfer from h told.
func fetched(t *testing.T, h http.HandlerFunc, o order) (a answer, waits []Wait, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := stationtest.NewWire()
		defer n.Serve("proxy", h)()
		client := n.Client()
		defer client.CloseIdleConnections()
		o.url = "http://proxy/a"
		a, err = transfer(t.Context(), client, o, func(w Wait) { waits = append(waits, w) })
	})
	return a, waits, err
}

func TestTransferMeasuresItsWaits(t *testing.T) {
	a, waits, err := fetched(t, func(w http.ResponseWriter, r *http.Request) {
		stationtest.Hang(r, time.Second)
		for _, d := range []time.Duration{0, 3 * time.Second, 200 * time.Microsecond, 2 * time.Second} {
			stationtest.Hang(r, d)
			_, _ = w.Write([]byte("bytes"))
			_ = http.NewResponseController(w).Flush()
		}
	}, order{limit: 100, within: time.Minute})
	if err != nil || a.FirstByte != time.Second || a.Longest != 3*time.Second || a.Bytes != 20 || a.Length != 6*time.Second+200*time.Microsecond || a.Waited != a.Length {
		t.Errorf("got %+v, %v, want its waits", a.Request, err)
	}
	var lengths []time.Duration
	for _, w := range waits {
		lengths = append(lengths, w.Length)
	}
	if want := []time.Duration{time.Second, 3 * time.Second, 2 * time.Second}; !slices.Equal(lengths, want) || waits[1].At.Sub(a.At) != time.Second {
		t.Errorf("got the waits %v, want those of %v", waits, want)
	}
}

func TestTransferKeepsItsRate(t *testing.T) {
	const size = 100_000
	whole := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(size))
		_, _ = w.Write(make([]byte, size))
	}
	for _, c := range []struct {
		name        string
		rate        func(read int) float64 // after so many chunks
		least, most time.Duration
	}{
		{"as fast as it comes", func(int) float64 { return 0 }, 0, 0},
		{"at a tenth a second", func(int) float64 { return size / 10 }, 9 * time.Second, 10 * time.Second},
		{"in a hurry at first", func(n int) float64 {
			if n < 4 {
				return 0
			}
			return 1000
		}, 60 * time.Second, 70 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := 0
			a, _, err := fetched(t, whole, order{limit: size, within: time.Hour, rate: func(length int64) float64 {
				if length != size {
					t.Errorf("got a length of %d, want %d", length, size)
				}
				n++
				return c.rate(n)
			}})
			if err != nil || a.Bytes != size || a.Length < c.least || a.Length > c.most {
				t.Errorf("got %s, %v, want %s to %s", a.Length, err, c.least, c.most)
			}
			if a.Waited > time.Second {
				t.Errorf("got %s of waiting, want none: it is the reader who is slow", a.Waited)
			}
		})
	}
}

func TestTransferSaysWhatIsWrong(t *testing.T) {
	status := func(n int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(n) }
	}
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		order  order
		want   string
	}{
		{"another status", status(503), order{}, "status 503 Service Unavailable"},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/b", http.StatusFound) }, order{}, "status 302 Found"},
		{"broken off", func(w http.ResponseWriter, _ *http.Request) { stationtest.Cut(w, []byte("abcdef")) }, order{}, "broke off after 3 of 6 bytes: unexpected EOF"},
		{"broken off, chunked", func(w http.ResponseWriter, _ *http.Request) {
			stationtest.Chunked(w, []byte("abc"))
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, order{}, "broke off after 3 bytes: unexpected EOF"},
		{"broken off before it began", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, order{}, "EOF"},
		{"too large", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 200)) }, order{}, "more than 100 bytes"},
		{"no answer", func(_ http.ResponseWriter, r *http.Request) { stationtest.Hang(r, time.Hour) }, order{}, "no answer for 10s"},
		{"no end", func(w http.ResponseWriter, r *http.Request) {
			_ = http.NewResponseController(w).Flush()
			stationtest.Hang(r, time.Hour)
		}, order{}, "not whole after 1m0s"},
		{"all of it where a range was asked for", status(200), order{span: &m3u8.ByteRange{Length: 5}}, "status 200 OK"},
		{"less than the range", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write([]byte("abc"))
		}, order{span: &m3u8.ByteRange{Length: 5, Offset: 7}}, "3 bytes where a range of 5 was asked for"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.order.limit, c.order.within = 100, time.Minute
			a, _, err := fetched(t, c.answer, c.order)
			if err == nil || !strings.Contains(err.Error(), c.want) || a.Err != err.Error() {
				t.Errorf("got %v, told %q, want %q", err, a.Err, c.want)
			}
		})
	}
}
