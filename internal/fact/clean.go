package fact

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean returns s as text is compared: without white space around it, with one blank for each run of
// white space within it, and without the characters that do not show. Clean text is returned as it is.
func Clean(s string) string {
	if isClean(s) { // as most is
		return s
	}
	if s = strings.TrimSpace(s); isClean(s) { // which most of the rest is then
		return s
	}
	return squeeze(s, true)
}

// Squeeze is Clean for a part of a text: white space around it stays, as one blank.
func Squeeze(s string) string {
	if isClean(s) {
		return s
	}
	return squeeze(s, false)
}

// Ignorable reports whether a character plays no part in text: it does not show and belongs to the
// spelling of no word. These are the zero-width space, the word joiner, the byte order mark, the soft
// hyphen, marks of direction and the like. Joiners (U+200C, U+200D) belong to spelling.
func Ignorable(r rune) bool {
	switch {
	case r == '\u00ad', r == '\u061c', r == '\u180e', r == '\u200b', r == '\u200e', r == '\u200f', r == '\ufeff':
		return true
	case '\u202a' <= r && r <= '\u202e', '\u2060' <= r && r <= '\u206f':
		return true
	}
	return false
}

func isClean(s string) bool {
	blank := s != "" // what stands before is white space, or the beginning
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c > ' ' && c < utf8.RuneSelf:
			blank = false
		case c == ' ':
			if blank {
				return false
			}
			blank = true
		case c < ' ':
			if unicode.IsSpace(rune(c)) {
				return false
			}
			blank = false
		case c == 0xc2, c == 0xd8, c == 0xe1, c == 0xe2, c == 0xe3, c == 0xef:
			// With these begin white space and what is ignorable, and much else.
			if r, _ := utf8.DecodeRuneInString(s[i:]); unicode.IsSpace(r) || Ignorable(r) {
				return false
			}
			blank = false
		default:
			blank = false
		}
	}
	return !blank
}

func squeeze(s string, trim bool) string {
	b := make([]byte, 0, len(s))
	blank, broken := false, false
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case Ignorable(r):
			// Bytes that are no UTF-8 stay apart: together they could be a character, even an ignorable one.
			blank = blank || broken
		case unicode.IsSpace(r):
			blank = true
		default:
			if blank && !(trim && len(b) == 0) {
				b = append(b, ' ')
			}
			blank, broken = false, r == utf8.RuneError && size == 1
			b = append(b, s[i:i+size]...)
		}
		i += size
	}
	if blank && !trim {
		b = append(b, ' ')
	}
	return string(b)
}
