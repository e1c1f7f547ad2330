package discovery

import (
	"errors"
	"fmt"
	"net"

	"livestream-tui/services/report"
)

// cause is report.Cause that says how long an answer was waited for.
func cause(err error) string {
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return fmt.Sprintf("no answer within %s", requestTimeout)
	}
	return report.Cause(err)
}
