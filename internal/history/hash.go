package history

import "math/bits"

// odd is a number to multiply with that mixes well.
const odd = 0x9e3779b97f4a7c15

// hash mixes a string with a key. Whoever does not know the key cannot foresee
// which strings come out alike.
func hash(s string, key uint64) uint64 {
	var a, b uint64 // the last 16 bytes at most
	h, n := key*odd, len(s)
	switch {
	case n > 16:
		a, b = word(s[n-16:]), word(s[n-8:])
		for ; len(s) > 16; s = s[16:] {
			h = mix(word(s)^key, word(s[8:])^h)
		}
	case n >= 8:
		a, b = word(s), word(s[n-8:])
	case n >= 4:
		a, b = half(s), half(s[n-4:])
	case n > 0:
		a = uint64(s[0]) | uint64(s[n/2])<<8 | uint64(s[n-1])<<16
	}
	return mix(mix(a^key, b^h)^uint64(n), odd)
}

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func half(s string) uint64 {
	_ = s[3]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24
}
