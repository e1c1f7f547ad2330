// Package clock maps the times of an input's samples onto the time since the Unix epoch. An
// encoder counts from where it likes, at a pace of its own, and may jump. What leaves the
// clock goes on evenly, and is never later than its arrival by more than Ahead. It is pure:
// the caller says when a sample has arrived.
package clock
