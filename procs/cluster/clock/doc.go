// Package clock measures how far the clocks of machines differ, from round trips of requests;
// pure.
package clock
