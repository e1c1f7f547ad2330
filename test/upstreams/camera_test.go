package upstreams

import (
	"io"
	"sync"
	"testing"
	"time"
)

const (
	camWidth, camHeight, camRate = 160, 90, 25
	// camBits is how many bits of a picture's number it shows, as columns.
	camBits = 16
)

// camera sends numbered pictures to encoders, at their pace.
type camera struct {
	t    *testing.T
	stop chan struct{}
	work sync.WaitGroup

	mu       sync.Mutex
	encoders []chan []byte
}

func newCamera(t *testing.T) *camera {
	c := &camera{t: t, stop: make(chan struct{})}
	t.Cleanup(func() {
		close(c.stop)
		c.work.Wait()
	})
	return c
}

// feed sends all further pictures to an encoder, until the encoder has gone.
func (c *camera) feed(to io.WriteCloser) {
	pictures := make(chan []byte, 10*camRate)
	c.mu.Lock()
	c.encoders = append(c.encoders, pictures)
	c.mu.Unlock()
	c.work.Go(func() {
		defer to.Close()
		for gone := false; ; {
			select {
			case <-c.stop:
				return
			case p := <-pictures:
				if !gone {
					_, err := to.Write(p)
					gone = err != nil
				}
			}
		}
	})
}

// roll starts the camera, with picture 0.
func (c *camera) roll() {
	began := time.Now()
	c.work.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-c.stop:
				return
			case <-time.After(time.Until(began.Add(time.Duration(n) * time.Second / camRate))):
			}
			p := numbered(n)
			c.mu.Lock()
			for _, e := range c.encoders {
				select {
				case e <- p:
				default:
					c.t.Errorf("picture %d: an encoder is ten seconds late", n)
				}
			}
			c.mu.Unlock()
		}
	})
}

// numbered is a picture in planes of YUV 4:2:0: the bits of its number as columns,
// and their complement below.
func numbered(n int) []byte {
	p := make([]byte, camWidth*camHeight*3/2)
	for y := range camHeight {
		for x := range camWidth {
			bit := n>>(camBits-1-x*camBits/camWidth)&1 == 1
			p[y*camWidth+x] = 16
			if bit == (y < camHeight/2) {
				p[y*camWidth+x] = 235
			}
		}
	}
	for i := camWidth * camHeight; i < len(p); i++ {
		p[i] = 128
	}
	return p
}

// pictureNumber is the number in a picture, -1 when it is damaged.
func pictureNumber(luma func(x, y int) byte) int {
	n := 0
	for i := range camBits {
		x := (2*i + 1) * camWidth / (2 * camBits)
		up, down := luma(x, camHeight/4) > 127, luma(x, 3*camHeight/4) > 127
		if up == down {
			return -1
		}
		n *= 2
		if up {
			n++
		}
	}
	return n
}

func TestNumberOfAPictureIsReadBack(t *testing.T) {
	for _, n := range []int{0, 1, 750, 0x5555, 0xffff} {
		p := numbered(n)
		luma := func(x, y int) byte { return p[y*camWidth+x] }
		if got := pictureNumber(luma); got != n {
			t.Errorf("got %d, want %d", got, n)
		}
	}
	if got := pictureNumber(func(int, int) byte { return 128 }); got != -1 {
		t.Errorf("a grey picture: got %d, want -1", got)
	}
}
