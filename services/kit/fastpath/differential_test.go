package fastpath

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// readyFor is what both servers have ready.
func readyFor() map[string]*Response {
	tagged := func(body []byte) *Response {
		sum := fmt.Sprintf(`"%x"`, len(body))
		return NewResponse(http.Header{"Etag": {sum}, "Content-Type": {"video/mp2t"}, "Accept-Ranges": {"bytes"}, "X-Packager": {"p"}}, body)
	}
	return map[string]*Response{
		"/small":   tagged([]byte("small")),
		"/small?a": tagged([]byte("another")),
		"/large":   tagged(randomBody(fileLeast + 1000)),
		"/nothing": tagged(nil),
		"/plain":   NewResponse(http.Header{"Content-Type": {"text/plain"}, "Accept-Ranges": {"bytes"}}, []byte("without a tag")),
	}
}

// handle answers as the services do: ready responses as net/http sends them, and other
// ones in every way there is.
func handle(ready map[string]*Response) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if res := ready[r.URL.RequestURI()]; res != nil && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			maps.Copy(w.Header(), res.Header())
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(res.Body()))
			return
		}
		w.Header().Set("X-Method", r.Method)
		switch r.URL.Path {
		case "/unread":
			w.WriteHeader(http.StatusTeapot)
		case "/chunked":
			for range 3 {
				_, _ = io.WriteString(w, "a chunk\n")
				_ = http.NewResponseController(w).Flush()
			}
		case "/broken":
			panic(http.ErrAbortHandler)
		default:
			b, err := io.ReadAll(r.Body)
			_, _ = fmt.Fprintf(w, "%s %s %s %s %q %v\n", r.Method, r.URL, r.Host, r.Proto, b, err)
			names := slices.Sorted(maps.Keys(r.Header))
			for _, name := range names {
				_, _ = fmt.Fprintf(w, "%s: %q\n", name, r.Header[name])
			}
		}
	})
}

// boundaryOf is of a multipart body, which has another one each time.
var boundaryOf = regexp.MustCompile(`boundary=(\w+)`)

// reply is the part of a response that is compared.
type reply struct {
	status int
	proto  string
	header http.Header
	close  bool
	body   string
	err    string
}

// repliesTo sends the text in pieces, and nothing more, and returns all that is
// answered until the connection ends.
func repliesTo(network, address, text string, cuts []int) ([]reply, error) {
	wire, err := net.Dial(network, address)
	if err != nil {
		return nil, err
	}
	defer wire.Close()
	if err := wire.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return nil, err
	}
	go func() {
		from := 0
		for _, to := range append(cuts, len(text)) {
			if to <= from || to > len(text) {
				continue
			}
			if _, err := io.WriteString(wire, text[from:to]); err != nil {
				return // it was closed, which the replies tell
			}
			from = to
		}
		_ = wire.(interface{ CloseWrite() error }).CloseWrite()
	}()
	all, err := io.ReadAll(wire)
	var n net.Error
	if errors.As(err, &n) && n.Timeout() {
		return nil, fmt.Errorf("the connection stays open behind %q: %w", all, err)
	}
	var list []reply
	for in := bufio.NewReaderSize(bytes.NewReader(all), len(all)+1); ; {
		if _, err := in.Peek(1); err != nil {
			return list, nil
		}
		method := http.MethodGet
		head, _ := in.Peek(in.Buffered()) // all that is left
		if _, rest, _ := bytes.Cut(head, []byte(endOfHeader)); len(rest) == 0 || bytes.HasPrefix(rest, []byte("HTTP/1.")) {
			method = http.MethodHead // no body is like that
		}
		res, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil {
			return append(list, reply{err: err.Error()}), nil
		}
		body, err := io.ReadAll(res.Body)
		r := reply{status: res.StatusCode, proto: res.Proto, header: res.Header, close: res.Close, body: string(body)}
		if err != nil {
			r.err = err.Error()
		}
		if boundary := boundaryOf.FindStringSubmatch(res.Header.Get("Content-Type")); boundary != nil {
			r.body = strings.ReplaceAll(r.body, boundary[1], "")
			r.header.Set("Content-Type", "multipart/byteranges")
		}
		r.header.Del("Date")
		list = append(list, r)
	}
}

// contenders are a Listener with an http.Server behind it, and an http.Server alone;
// fast counts the answers of the Listener itself.
func contenders(t *testing.T, network string) (ours, plain string, fast *atomic.Int64) {
	t.Helper()
	ready := readyFor()
	fast = new(atomic.Int64)
	serve := func(name string, front func(net.Listener) net.Listener) string {
		address := "127.0.0.1:0"
		if network == "unix" {
			address = filepath.Join(t.TempDir(), name)
		}
		inner, err := net.Listen(network, address)
		if err != nil {
			t.Fatal(err)
		}
		srv := &http.Server{Handler: handle(ready), MaxHeaderBytes: longHeader - 4<<10, ReadHeaderTimeout: time.Minute}
		l := front(inner)
		if ours, ok := l.(*Listener); ok {
			srv.ConnState = ours.ConnState
		}
		done := make(chan struct{})
		go func() { defer close(done); _ = srv.Serve(l) }() // it is closed
		t.Cleanup(func() {
			_ = srv.Close()
			<-done
			if ours, ok := l.(*Listener); ok {
				_ = ours.Close()
				ours.Break()
			}
		})
		return inner.Addr().String()
	}
	ours = serve("ours", func(inner net.Listener) net.Listener {
		return Listen(inner, func(target []byte) *Response {
			res := ready[string(target)]
			if res != nil {
				fast.Add(1)
			}
			return res
		}, func(error) {})
	})
	plain = serve("plain", func(inner net.Listener) net.Listener { return inner })
	return ours, plain, fast
}

// TestDifferential sends the same to both, whatever comes to mind, and compares what
// they answer and how long they let the connection be. DIFFERENTIAL is how many
// requests; a few thousand without.
func TestDifferential(t *testing.T) {
	requests, seed := 6000, uint64(1)
	if n, err := strconv.Atoi(os.Getenv("DIFFERENTIAL")); err == nil {
		requests, seed = n, uint64(time.Now().UnixNano())
	}
	for _, part := range []struct {
		network string
		of      int // one in so many
	}{{"unix", 1}, {"tcp", 20}} {
		t.Run(part.network, func(t *testing.T) {
			ours, plain, fast := contenders(t, part.network)
			const workers = 8
			var mu sync.Mutex
			explained, statuses := map[string]int{}, map[int]int{}
			sent, streams, replies := 0, 0, 0
			var crowd sync.WaitGroup
			for w := range uint64(workers) {
				crowd.Go(func() {
					r := requester{Rand: rand.New(rand.NewPCG(seed, w))}
					for done := 0; done < requests/part.of/workers && !t.Failed(); {
						text, n := r.stream()
						done += n
						agreed, kinds := asAgreed(text)
						if agreed == "" {
							continue
						}
						cuts := []int{}
						for range r.IntN(4) {
							cuts = append(cuts, r.IntN(len(text)))
						}
						slices.Sort(cuts)
						got, err := repliesTo(part.network, ours, text, cuts)
						if err != nil {
							t.Errorf("ours: %v after %q", err, text)
							return
						}
						want, err := repliesTo(part.network, plain, agreed, nil)
						if err != nil {
							t.Errorf("net/http: %v after %q", err, agreed)
							return
						}
						if !reflect.DeepEqual(got, want) {
							t.Errorf("seed %d: %q in pieces %v\n(%v)\ngot  %.2000q\nwant %.2000q", seed, text, cuts, kinds, fmt.Sprint(got), fmt.Sprint(want))
							return
						}
						mu.Lock()
						sent, streams, replies = sent+n, streams+1, replies+len(got)
						for _, k := range kinds {
							explained[k]++
						}
						for _, r := range got {
							statuses[r.status]++
						}
						mu.Unlock()
					}
				})
			}
			crowd.Wait()
			t.Logf("seed %d: %d requests on %d connections, %d replies, %d of them on the fast path, by status %v; connections with a difference that is meant: %v", seed, sent, streams, replies, fast.Load(), statuses, explained)
		})
	}
}
