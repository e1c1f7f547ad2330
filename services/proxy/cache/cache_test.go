package cache

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"livestream-tui/services/proxy/fakenet"
	"livestream-tui/services/proxy/fetch"
	"livestream-tui/services/proxy/object"
	"livestream-tui/services/proxy/upstream"
	"livestream-tui/services/proxy/verdict"
)

var epoch = time.Unix(1_700_000_000, 0)

func nothingListed(string) bool { return false }

func TestSweepKeepsWhatIsListedAndUsed(t *testing.T) {
	type o struct {
		key     string
		size    int
		listed  bool
		touched time.Duration // ago
		expires time.Duration // from now; 0: not said
		coming  bool          // nothing has come yet
		failed  bool
		read    bool // somebody holds it
	}
	for _, c := range []struct {
		name  string
		list  []o
		limit int64
		want  []string
	}{
		{"all fit", []o{{key: "a", size: 10}, {key: "b", size: 10, listed: true}}, 100, []string{"a", "b"}},
		{"what failed goes", []o{{key: "a", failed: true}, {key: "b", failed: true, listed: true}}, 100, nil},
		{"what has expired goes", []o{{key: "a", size: 10, expires: -1}, {key: "b", size: 10, expires: time.Second}}, 100, []string{"b"}},
		{"not while it is listed", []o{{key: "a", size: 10, expires: -1, listed: true}}, 100, []string{"a"}},
		{"over the limit: what is not listed first", []o{{key: "a", size: 60, listed: true, touched: time.Hour}, {key: "b", size: 60}}, 100, []string{"a"}},
		{"then what was least lately used", []o{{key: "a", size: 60, listed: true, touched: 2}, {key: "b", size: 60, listed: true, touched: 1}, {key: "c", size: 60, listed: true, touched: 3}}, 130, []string{"a", "b"}},
		{"what is on its way stays", []o{{key: "a", coming: true, touched: time.Hour}, {key: "b", size: 120}}, 100, []string{"a"}},
		{"what is read would free nothing", []o{{key: "a", size: 60, read: true, touched: time.Hour}, {key: "b", size: 60}}, 100, []string{"a"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			listed := map[string]bool{}
			cache := New(c.limit, func(key string) bool { return listed[key] })
			for _, x := range c.list {
				listed[x.key] = true // so that nothing is evicted before
				one, _ := cache.Begin(x.key, epoch.Add(-x.touched))
				switch {
				case x.failed:
					one.Fail(upstream.ErrUnavailable)
				case !x.coming:
					one.Fill(object.Content{Body: bytes.Repeat([]byte{1}, x.size)})
				}
				if x.expires != 0 {
					cache.Expire(x.key, epoch.Add(x.expires))
				}
				if x.read {
					defer one.Use()()
				}
			}
			for _, x := range c.list {
				listed[x.key] = x.listed
			}
			total, n := cache.Sweep(epoch)
			if got := keys(cache); !slices.Equal(got, c.want) || n != len(c.want) {
				t.Errorf("kept: got %v (%d), want %v", got, n, c.want)
			}
			var sum int64
			for _, h := range cache.objects {
				sum += h.Bytes()
			}
			if total != sum || cache.Budget().Used() != sum {
				t.Errorf("bytes: got %d, accounted %d, want %d", total, cache.Budget().Used(), sum)
			}
		})
	}
}

func keys(c *Cache) (list []string) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for key := range c.objects {
		list = append(list, key)
	}
	slices.Sort(list)
	return list
}

func TestWhatFailedIsBegunAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listed := map[string]bool{}
		cache := New(100, func(key string) bool { return listed[key] })
		a, fresh := cache.Begin("a", time.Now())
		if !fresh {
			t.Error("first: want a fresh one")
		}
		if again, fresh := cache.Begin("a", time.Now()); fresh || again != a || cache.Get("a") != a || cache.Look([]byte("a")) != a {
			t.Error("while it is fetched: want the same")
		}
		a.Fail(upstream.ErrUnavailable)
		b, fresh := cache.Begin("a", time.Now())
		if !fresh || b == a {
			t.Error("failed: want another")
		}
		b.Fill(object.Content{Body: []byte("x")})
		if again, fresh := cache.Begin("a", time.Now()); fresh || again != b {
			t.Error("whole: want the same")
		}
		cache.Drop("a")
		if cache.Get("a") != nil || cache.Look([]byte("a")) != nil || cache.Budget().Used() != 0 {
			t.Error("dropped: want it forgotten")
		}
	})
}

func TestWhatIsAbsentEverywhereIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listed := map[string]bool{}
		cache := New(100, func(key string) bool { return listed[key] })
		for _, err := range []error{upstream.ErrNotFound, &upstream.StatusError{Status: 403}} {
			o, _ := cache.Begin("a", time.Now())
			time.Sleep(5 * time.Second) // its fetch takes long
			o.Fail(err)
			time.Sleep(absentKept / 2)
			if _, n := cache.Sweep(time.Now()); n != 1 {
				t.Error("swept: want it remembered")
			}
			if again, fresh := cache.Begin("a", time.Now()); fresh || again != o {
				t.Error("soon after: want the same")
			}
			listed["a"] = true
			if _, fresh := cache.Begin("a", time.Now()); !fresh {
				t.Error("once it is listed: want it fetched")
			}
			listed["a"] = false
			cache.Drop("a")
			o, _ = cache.Begin("a", time.Now())
			o.Fail(err)
			time.Sleep(absentKept)
			if _, fresh := cache.Begin("a", time.Now()); !fresh {
				t.Error("later: want it fetched again")
			}
			cache.Drop("a")
		}
	})
}

// packager answers every target with so many bytes.
func packager(size int) (*upstream.Upstream, func()) {
	s := fakenet.NewServers(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x")
		_, _ = w.Write(make([]byte, size))
	})
	return s.Upstreams[0], s.End
}

// TestAFloodOfNamesDoesNotDisplaceWhatIsListed, nor does it pass the limit, with no
// sweep in between.
func TestAFloodOfNamesDoesNotDisplaceWhatIsListed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size, limit = 1 << 20, 20 << 20
		u, end := packager(size)
		defer end()
		cache := New(limit, func(key string) bool { return key[0] == 'l' })
		get := func(key string, lane upstream.Lane) error {
			o, fresh := cache.Begin(key, time.Now())
			if !fresh {
				return nil
			}
			f := fetch.Fetch{Object: o, Sources: func() []upstream.Source { return []upstream.Source{{From: u, Target: "/" + key}} }, Want: verdict.Want{Anything: true}, Rounds: 1, Lane: lane}
			f.Run(t.Context())
			_, err := o.Done()
			return err
		}
		for i := range 10 {
			if err := get(fmt.Sprintf("listed%d", i), upstream.Playback); err != nil {
				t.Fatal(err)
			}
		}
		most := int64(0)
		for i := range 100 {
			time.Sleep(time.Millisecond)
			if err := get(fmt.Sprintf("x%d", i), upstream.Players); err != nil {
				t.Fatalf("the %d. of the flood: got %v, want room made for it", i+1, err)
			}
			most = max(most, cache.Budget().Used())
		}
		if most > limit*11/10 {
			t.Errorf("held at most: got %d, want %d and a tenth", most, limit)
		}
		for i := range 10 {
			if cache.Get(fmt.Sprintf("listed%d", i)) == nil {
				t.Errorf("listed%d: want it kept", i)
			}
		}
		for i := range 15 { // more is listed: it comes, and the rest makes room
			if err := get(fmt.Sprintf("later%d", i), upstream.Playback); err != nil {
				t.Fatal(err)
			}
		}
		for _, key := range keys(cache) {
			if key[0] == 'x' {
				t.Errorf("%s: want it evicted for what is listed", key)
			}
		}
		if total, n := cache.Sweep(time.Now()); total > limit || n < 18 {
			t.Errorf("swept: got %d bytes of %d, want the limit used", total, n)
		}
	})
}
