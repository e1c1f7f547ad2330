package cmcd

import "time"

// set takes the value of a key; false when it is of another type. Keys that are not counted
// are skipped, whatever they say.
func (r *Report) set(key []byte, v value) (ok bool) {
	ok = true
	switch string(key) {
	case "sid":
		if ok = v.isText() && len(v.text) > 0 && len(v.text) <= sessionMost; ok {
			r.Session = v.text
		}
	case "cid":
		if ok = v.isText(); ok {
			r.Content = v.text
		}
	case "bl":
		ok = v.duration(&r.Buffer)
	case "ltc":
		ok = v.duration(&r.Latency)
	case "msd":
		ok = v.duration(&r.Start)
	case "br":
		ok = v.rate(&r.Bitrate)
	case "mtp":
		ok = v.rate(&r.Throughput)
	case "bs":
		ok = v.flag(&r.Starved)
	case "su":
		ok = v.flag(&r.Startup)
	case "ot":
		if ok = v.isText(); ok {
			r.Object = tokenOf(v.text)
		}
	case "sta":
		if ok = v.isText(); ok {
			r.State = tokenOf(v.text)
		}
	case "e":
		if ok = v.isText(); ok {
			r.Event = string(v.text) != "rr" // a response was received: as a request
		}
	}
	return ok
}

// isText reports whether a value is a string or a token; players confuse them.
func (v value) isText() bool { return v.kind == isString || v.kind == isToken }

// flag reads a boolean. A list, as version 2 has it for each kind of media, is true: only
// what is true is said.
func (v value) flag(to *bool) bool {
	switch v.kind {
	case isFlag, isNumber:
		*to = v.number != 0
	case isOther:
		*to = true
	default:
		return false
	}
	return true
}

// duration reads milliseconds.
func (v value) duration(to *time.Duration) bool {
	if !v.isCount() {
		return false
	}
	*to = time.Duration(v.number * float64(time.Millisecond))
	return true
}

// rate reads kbit/s.
func (v value) rate(to *int64) bool {
	if !v.isCount() {
		return false
	}
	*to = int64(1000 * v.number)
	return true
}

func (v value) isCount() bool { return v.kind == isNumber && v.number >= 0 && v.number <= numberMost }
