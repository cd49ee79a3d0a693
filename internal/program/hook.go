package program

// Of gives the program of a *qualify.Model. Package qualify sets it when it is
// initialised, as package log does with log/internal, so that the packages beside it can
// ask for what a model does not show its users. No other function is handed over so.
var Of func(model any) *Program
