package stream

import "time"

var epoch = time.Date(2024, 4, 5, 11, 0, 0, 0, time.UTC)
