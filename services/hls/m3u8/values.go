package m3u8

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Bounds of any duration, and of a segment's: the sum over maxSegments must fit in a
// time.Duration.
const (
	maxDuration = 366 * 24 * time.Hour
	maxSegment  = 24 * time.Hour
)

// parseInteger reads a decimal-integer (RFC 8216, 4.2) up to most.
func parseInteger(s string, most int64) (int64, error) {
	if s == "" || s[0] < '0' || s[0] > '9' {
		return 0, errors.New("not a whole number")
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if errors.Is(err, strconv.ErrSyntax) {
		return 0, errors.New("not a whole number")
	}
	if err != nil || n > most {
		return 0, fmt.Errorf("at most %d is allowed", most)
	}
	return n, nil
}

// parseSeconds reads a decimal number of seconds, exact to the nanosecond; digits
// beyond that are dropped. A minus sign is allowed.
func parseSeconds(s string) (time.Duration, error) {
	digits, negative := strings.CutPrefix(s, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	if whole+fraction == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return 0, errors.New("not a number of seconds")
	}
	var d time.Duration
	if whole != "" {
		n, err := parseInteger(whole, int64(maxDuration/time.Second)-1)
		if err != nil {
			return 0, err
		}
		d = time.Duration(n) * time.Second
	}
	for unit := time.Second / 10; fraction != "" && unit > 0; unit /= 10 {
		d += time.Duration(fraction[0]-'0') * unit
		fraction = fraction[1:]
	}
	if negative {
		d = -d
	}
	return d, nil
}

// leadingNumber returns the decimal number that s begins with, as C's strtod finds it:
// blanks, a sign, digits, a point, an exponent. Empty when there is none.
func leadingNumber(s string) (number, rest string) {
	s = strings.TrimLeft(s, blanks)
	i := 0
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		i++
	}
	first := i
	i = digits(s, i)
	found := i > first
	if i < len(s) && s[i] == '.' {
		point := i + 1
		if end := digits(s, point); found || end > point {
			found, i = true, end
		}
	}
	if !found {
		return "", s
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		power := i + 1
		if power < len(s) && (s[power] == '-' || s[power] == '+') {
			power++
		}
		if end := digits(s, power); end > power {
			i = end
		}
	}
	return s[:i], s[i:]
}

// digits returns the end of the digits in s from i on.
func digits(s string, i int) int {
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return i
}

// leadingSeconds reads the number of seconds that s begins with; rest follows it.
func leadingSeconds(s string) (d time.Duration, rest string, ok bool) {
	number, rest := leadingNumber(s)
	if d, err := parseSeconds(strings.TrimPrefix(number, "+")); err == nil {
		return d, rest, true
	}
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || math.Abs(f) >= maxDuration.Seconds() {
		return 0, rest, false
	}
	return time.Duration(math.Round(f * float64(time.Second))), rest, true
}

// lowBits are the bits that FFmpeg keeps of a media sequence number that is too large.
const lowBits = math.MaxInt64 / 2

// leadingInteger reads the whole number that s begins with, quoted or not, as C's
// strtoull does; of a number that is too large the low bits, as FFmpeg does.
func leadingInteger(s string) (n int64, ok bool) {
	s = strings.TrimPrefix(strings.Trim(s, blanks+`"`), "+")
	end := digits(s, 0)
	if end == 0 {
		return 0, false
	}
	u, _ := strconv.ParseUint(s[:end], 10, 64) // saturates
	if u > math.MaxInt64 {
		u &= lowBits
	}
	return int64(u), true
}

// parsePositive reads a decimal number of seconds that is not negative.
func parsePositive(s string) (time.Duration, error) {
	d, err := parseSeconds(s)
	if err == nil && d < 0 {
		err = errors.New("negative")
	}
	return d, err
}

// appendSeconds writes d as the shortest decimal number of seconds.
func appendSeconds(b []byte, d time.Duration) []byte {
	if d < 0 {
		b = append(b, '-')
		d = -d
	}
	b = strconv.AppendInt(b, int64(d/time.Second), 10)
	rest := d % time.Second
	if rest == 0 {
		return b
	}
	b = append(b, '.')
	for unit := time.Second / 10; rest > 0; unit /= 10 {
		b = append(b, byte('0'+rest/unit))
		rest %= unit
	}
	return b
}

// dateTimeLayouts are ISO 8601 as RFC 8216, 4.3.2.6, requires it, then other forms that
// encoders write: a zone without its colon, without its minutes, or no zone, which is
// read as UTC.
var dateTimeLayouts = [...]string{
	time.RFC3339Nano,
	"2006-01-02T15:04:05.999999999Z0700",
	"2006-01-02T15:04:05.999999999Z07",
	"2006-01-02T15:04:05.999999999",
}

func parseDateTime(v string) (time.Time, error) {
	for _, layout := range dateTimeLayouts {
		if t, err := time.Parse(layout, v); err == nil {
			if _, offset := t.Zone(); offset == 0 {
				t = t.UTC() // in whatever form it was written
			}
			return t, nil
		}
	}
	return time.Time{}, errors.New("not a date and time of ISO 8601")
}

// looseDateTimeLayouts are further forms that players read: those of Date.parse in
// browsers, and the basic format of ISO 8601.
var looseDateTimeLayouts = [...]string{
	"2006-01-02T15:04Z07:00",
	"2006-01-02T15:04",
	"20060102T150405.999999999Z0700",
	"20060102T150405.999999999",
}

// looseDateTime reads the forms that players accept beyond parseDateTime.
func looseDateTime(v string) (time.Time, error) {
	v = strings.ToUpper(strings.Trim(v, blanks+`"`))
	if len(v) > len("2006-01-02") && v[len("2006-01-02")] == ' ' {
		v = v[:len("2006-01-02")] + "T" + v[len("2006-01-02")+1:]
	}
	v = strings.ReplaceAll(v, " ", "") // before the zone
	if t, err := parseDateTime(v); err == nil {
		return t, nil
	}
	for _, layout := range looseDateTimeLayouts {
		if t, err := time.Parse(layout, v); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errors.New("not a date and time of ISO 8601")
}

// appendDateTime writes t with milliseconds, or more digits when t has them; UTC as Z.
func appendDateTime(b []byte, t time.Time) []byte {
	layout := "2006-01-02T15:04:05.000Z07:00"
	if t.Nanosecond()%int(time.Millisecond) != 0 {
		layout = time.RFC3339Nano
	}
	return t.AppendFormat(b, layout)
}

func parseByteRange(v string) (*ByteRange, error) {
	length, offset, explicit := strings.Cut(v, "@")
	r := ByteRange{Offset: -1}
	var err error
	if r.Length, err = parseInteger(length, math.MaxInt64); err != nil {
		return nil, fmt.Errorf("length: %w", err)
	}
	if !explicit {
		return &r, nil
	}
	// The end must be a number as well.
	if r.Offset, err = parseInteger(offset, math.MaxInt64-r.Length); err != nil {
		return nil, fmt.Errorf("offset: %w", err)
	}
	return &r, nil
}

// looseByteRange reads byte ranges with blanks, quotes or decimals. The error is that of
// parseByteRange.
func looseByteRange(v string) (*ByteRange, bool) {
	length, offset, explicit := strings.Cut(strings.Trim(v, blanks+`"`), "@")
	r := ByteRange{Offset: -1}
	var ok bool
	if r.Length, ok = leadingInteger(length); !ok {
		return nil, false
	}
	if explicit {
		if r.Offset, ok = leadingInteger(offset); !ok || r.Offset > math.MaxInt64-r.Length {
			return nil, false
		}
	}
	return &r, true
}

// readByteRange reads a byte range of the tag what. An unreadable one is an error: without
// it the segment would be other bytes.
func readByteRange(what, v string, odd *oddities) (*ByteRange, error) {
	r, err := parseByteRange(v)
	if err == nil {
		return r, nil
	}
	if r, ok := looseByteRange(v); ok {
		odd.note(what, v, "only its leading whole numbers are read")
		return r, nil
	}
	return nil, err
}

func (r *ByteRange) append(b []byte) []byte {
	b = strconv.AppendInt(b, r.Length, 10)
	if r.Offset >= 0 {
		b = strconv.AppendInt(append(b, '@'), r.Offset, 10)
	}
	return b
}
