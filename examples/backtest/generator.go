package main

// chance is a generator of numbers that gives the same everywhere: SplitMix64.
type generator struct{ state uint64 }

func chance(seed uint64) *generator { return &generator{seed} }

func (g *generator) next() uint64 {
	g.state += 0x9e3779b97f4a7c15
	z := g.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below gives a whole number from 0 up to n, n excluded.
func (g *generator) below(n int) int { return int(g.next() % uint64(n)) }

// share gives a number from 0 to 1.
func (g *generator) share() float64 { return float64(g.next()>>11) / (1 << 53) }
