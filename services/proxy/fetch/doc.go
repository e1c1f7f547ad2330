// Package fetch gets one resource from whichever of several packagers gives it. It asks the
// next one when one fails, is late or slow, or gives a doubtful body, and goes on in
// mid-body where another broke off.
package fetch
