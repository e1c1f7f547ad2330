package discovery

import (
	"errors"
	"fmt"
	"net"

	"livestream-tui/services/kit/text"
)

// cause is text.Cause that says how long an answer was waited for.
func cause(err error) string {
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return fmt.Sprintf("no answer within %s", requestTimeout)
	}
	return text.Cause(err)
}
