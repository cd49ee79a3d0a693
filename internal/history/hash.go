package history

import "math/bits"

// odd is a number to multiply with that mixes well.
const odd = 0x9e3779b97f4a7c15

// hash mixes a string with a key. Whoever does not know the key cannot foresee
// which strings come out alike.
func hash(s string, key uint64) uint64 {
	n := len(s)
	h := key ^ uint64(n)*odd
	switch {
	case n > 8:
		end := s[n-8:]
		for ; len(s) > 8; s = s[8:] {
			h = mix(h^word(s), key|1)
		}
		h ^= word(end)
	case n >= 4:
		h ^= half(s) | half(s[n-4:])<<32
	case n > 0:
		h ^= uint64(s[0]) | uint64(s[n/2])<<8 | uint64(s[n-1])<<16
	}
	return mix(h, key^odd)
}

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

func word(s string) uint64 { return half(s) | half(s[4:])<<32 }

func half(s string) uint64 {
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24
}
