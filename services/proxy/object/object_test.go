package object

import (
	"errors"
	"testing"
	"time"
)

func TestAnEndedObjectDoesNotChange(t *testing.T) {
	o := New("/a", time.Unix(1e9, 0))
	o.Fill(Content{Body: []byte("x"), Type: "text/x"})
	o.Fail(errors.New("it is gone"))
	o.Fill(Content{Body: []byte("y")})
	if c, _ := o.Now(); !c.Whole || c.Err != nil || string(c.Body) != "x" || c.Size != 1 || c.ETag != ETagOf(c.Body) {
		t.Errorf("got %+v, want it as it was filled", c)
	}
}
