package stream
import ("testing";"time";"fmt")
func TestSmoke(t *testing.T) {
	w := newWorld(t, &simulated{}, &simulated{own: true})
	w.played = true
	w.begin(main); w.run(time.Second); w.begin(video); w.begin(audio)
	w.run(10*time.Second)
	fmt.Println(w.merged(video), w.lists[video].shown.Mode, w.lists[audio].shown.Mode,w.lists[main].shown.Mode, w.state.Active())
	w.packagers[0].down = true
	w.run(10*time.Second)
	fmt.Println(w.merged(video), w.state.Active(), w.switches)
	for _, s := range w.said { fmt.Println(s) }
	b := time.Now()
	w.run(1000*time.Second)
	fmt.Println(time.Since(b))
}
