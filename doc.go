// Package qualify decides how good a sales lead is, and why.
package qualify
