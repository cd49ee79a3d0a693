package solver

// Leave leaves so many steps for all questions that are still to come.
func (s *Solver) Leave(steps int) { s.left = steps }
