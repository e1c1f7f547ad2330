package terminal

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// leadPatience is how long a browser may take to start and come.
const leadPatience = 30 * time.Second

// lead has a browser open a secret address without its being an argument of a process: open
// gets an address on this machine that leads there, once. It returns when the browser has
// come, or with an error after the patience, or when ctx is cancelled.
func lead(ctx context.Context, patience time.Duration, address string, open func(address string) error) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	path, came := "/"+rand.Text(), make(chan struct{})
	var once sync.Once
	server := &http.Server{ReadHeaderTimeout: patience, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		first := false
		if r.URL.Path == path && r.Method == http.MethodGet {
			once.Do(func() { first = true })
		}
		if !first {
			http.NotFound(w, r)
			return
		}
		defer close(came)
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer")
		http.Redirect(w, r, address, http.StatusSeeOther)
	})}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	defer func() {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if server.Shutdown(ending) != nil { // the answer is sent by then
			_ = server.Close()
		}
		<-served
	}()
	if err := open("http://" + l.Addr().String() + path); err != nil {
		return err
	}
	select {
	case <-came:
		return nil
	case <-time.After(patience):
		return fmt.Errorf("it has not asked for the page within %s", patience)
	case err := <-served:
		served <- err
		return err
	case <-ctx.Done():
		return errors.New("the dashboard has ended")
	}
}
