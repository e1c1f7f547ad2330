package proxy

import (
	"bytes"
	"slices"
	"testing"
	"time"
)

func TestSweepKeepsWhatIsListedAndUsed(t *testing.T) {
	type o struct {
		key     string
		size    int
		listed  bool
		touched time.Duration // ago
		expires time.Duration // from now; 0: not said
		coming  bool          // on its way
		failed  bool
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
		{"what is on its way stays", []o{{key: "a", size: 60, coming: true, touched: time.Hour}, {key: "b", size: 60, listed: true}}, 100, []string{"a"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			listed := map[string]bool{}
			cache := newCache(c.limit, func(key string) bool { return listed[key] })
			for _, x := range c.list {
				listed[x.key] = x.listed
				one, _ := cache.begin(x.key, epoch.Add(-x.touched))
				switch body := bytes.Repeat([]byte{1}, x.size); {
				case x.failed:
					one.fail(errUnavailable)
				case x.coming:
					one.grow(body)
				default:
					one.finish(body, "", "")
				}
				if x.expires != 0 {
					cache.expire(x.key, epoch.Add(x.expires))
				}
			}
			total, n := cache.sweep(epoch)
			var got []string
			for key := range cache.objects {
				got = append(got, key)
			}
			slices.Sort(got)
			if !slices.Equal(got, c.want) || n != len(c.want) {
				t.Errorf("kept: got %v (%d), want %v", got, n, c.want)
			}
			var sum int64
			for _, key := range got {
				sum += int64(len(cache.objects[key].body))
			}
			if total != sum {
				t.Errorf("bytes: got %d, want %d", total, sum)
			}
		})
	}
}

func TestWhatFailedIsBegunAgain(t *testing.T) {
	cache := newCache(100, func(string) bool { return false })
	a, fresh := cache.begin("a", epoch)
	if !fresh {
		t.Error("first: want a fresh one")
	}
	if again, fresh := cache.begin("a", epoch); fresh || again != a {
		t.Error("while it is fetched: want the same")
	}
	a.finish([]byte("x"), "", "")
	if again, fresh := cache.begin("a", epoch); fresh || again != a {
		t.Error("whole: want the same")
	}
	a.fail(errNotFound)
	if again, fresh := cache.begin("a", epoch); !fresh || again == a {
		t.Error("failed: want another")
	}
}

func TestIndexForgetsOnlyForWhoListsIt(t *testing.T) {
	x := newIndex()
	a, b := &stream{}, &stream{}
	e := entry{MSN: 1, Key: "/s/1.ts", Init: "/s/init.mp4"}
	x.add(a, e)
	x.add(b, e)
	if x.remove(a, "/s/1.ts") || !x.has("/s/1.ts") {
		t.Error("the first stream's end: want the second one's listing to stay")
	}
	if !x.remove(b, "/s/1.ts") || x.has("/s/1.ts") {
		t.Error("the second stream's end: want it forgotten")
	}
}
