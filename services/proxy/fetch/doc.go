// Package fetch gets one resource from whichever of several packagers has it. It asks the
// next one when one fails, is late or slow, or sends a doubtful body, and continues in
// mid-body where another broke off.
package fetch
