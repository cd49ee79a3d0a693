module github.com/qualify-go/qualify

go 1.26.0

require (
	github.com/expr-lang/expr v1.17.8
	github.com/google/go-cmp v0.7.0
)

require golang.org/x/exp v0.0.0-20261014143641-f0251eb4aa3e
