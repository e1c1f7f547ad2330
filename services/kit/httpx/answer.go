package httpx

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"livestream-tui/services/kit/report"
)

// Answer is an answer that was read whole.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	// Began is when the request was sent, FirstByte when the header was there.
	Began, FirstByte time.Time
}

// Get asks for a URL. An answer with a status other than 200 is returned with a
// *StatusError, one with a body of more than limit bytes with a *TooLargeError.
func Get(ctx context.Context, c *http.Client, url string, limit int64) (Answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return Answer{}, err
	}
	a, err := Do(c, req, limit)
	if err == nil && a.Status != http.StatusOK {
		err = a.Refusal()
	}
	return a, err
}

// Do sends a request and reads the answer, whatever its status. A body of more than
// limit bytes is a *TooLargeError.
func Do(c *http.Client, req *http.Request, limit int64) (Answer, error) {
	a := Answer{Began: time.Now()}
	res, err := c.Do(req)
	if err != nil {
		return a, err
	}
	defer res.Body.Close()
	a.Status, a.Header, a.FirstByte = res.StatusCode, res.Header, time.Now()
	a.Body, err = io.ReadAll(io.LimitReader(res.Body, limit+1))
	switch {
	case err != nil:
		return a, fmt.Errorf("the answer broke off: %w", err)
	case int64(len(a.Body)) > limit:
		a.Body = a.Body[:limit]
		return a, &TooLargeError{limit}
	}
	return a, nil
}

// Refusal is the error of an answer whose status is not the one that is wanted.
func (a Answer) Refusal() error {
	e := &StatusError{Status: a.Status}
	var body report.Error
	if json.Unmarshal(a.Body, &body) == nil { // other bodies have nothing worth showing
		e.Detail = body.Error
	}
	return e
}

// StatusError is an answer with a status that is not the one that is wanted.
type StatusError struct {
	Status int
	Detail string // the error in the body, empty where there is none
}

func (e *StatusError) Error() string {
	if e.Detail == "" {
		return fmt.Sprintf("status %d", e.Status)
	}
	return fmt.Sprintf("status %d: %s", e.Status, e.Detail)
}

// TooLargeError is an answer with a larger body than is read.
type TooLargeError struct{ Limit int64 }

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("the answer is larger than %d bytes", e.Limit)
}
