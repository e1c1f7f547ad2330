// Package trouble finds what is wrong with a platform, and says what it means and what mends
// it. All texts are in one table, States. To add a bad state, add a row there.
package trouble
