package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const printed = `goos: linux
goarch: amd64
cpu: Some CPU
BenchmarkAssess/handfused-dedupe/H=100-2         	   1000	      1000 ns/op	       0 B/op	       0 allocs/op
BenchmarkAssess/assessinto/H=100-2        	   1000	      1900 ns/op	       0 B/op	       0 allocs/op
BenchmarkAssess/exprraw/H=1000-2          	   1000	      1500000 ns/op	       640 B/op	      12 allocs/op
BenchmarkAssess/handfused-dedupe/H=100-2         	   1000	      3000 ns/op	       0 B/op	       0 allocs/op
BenchmarkAssess/assessinto/H=100-2        	   1000	      2500 ns/op	       0 B/op	       0 allocs/op
BenchmarkAssess/handfused-dedupe/H=100-2         	   1000	       900 ns/op	       0 B/op	       0 allocs/op
BenchmarkAssess/assessinto/H=100-2        	   1000	      2200 ns/op	       0 B/op	       0 allocs/op
BenchmarkArrive/tracker/H=100-2           	   1000	      6000 ns/op	      12 B/op	       0 allocs/op
BenchmarkArrive/tracker/H=10000-2         	   1000	     12000 ns/op	      12 B/op	       0 allocs/op
BenchmarkMemory/tracker/H=0-2             	      2	      1200 B/lead
BenchmarkMemory/tracker/H=1000-2          	      2	        30.25 B/activity
BenchmarkMemory/tracker/H=10000-2         	      2	        41.00 B/activity
BenchmarkBatch/handfused-dedupe/H=10/leads=100-2 	      5	 200000 ns/op	   512.5 ns/lead
BenchmarkCompile/qualify-2                	     50	 3000000 ns/op
BenchmarkCompile/expr                     	     50	 2000000 ns/op
PASS
`

const table = `linux, amd64, Some CPU; medians of 1 to 3 counts; in brackets how many times handfused-dedupe.

| Assess | H=100 | H=1000 | allocations |
| --- | ---: | ---: | --- |
| handfused-dedupe | 1.00 µs (1.00) | | 0 |
| assessinto | 2.20 µs (2.20) | | 0 |
| exprraw | | 1.50 ms | 12 |

| Arrive | H=100 | H=10000 | allocations |
| --- | ---: | ---: | --- |
| tracker | 6.00 µs | 12.0 µs | 0 |

| Memory | H=0 | H=1000 | H=10000 | allocations |
| --- | ---: | ---: | ---: | --- |
| tracker | 1200 B by lead | 30.2 B by activity | 41.0 B by activity |  |

| Batch | H=10, leads=100 | allocations |
| --- | ---: | --- |
| handfused-dedupe | 512 ns (1.00) |  |

| Compile | all | allocations |
| --- | ---: | --- |
| qualify | 3.00 ms |  |
| expr | 2.00 ms |  |

| wanted | H | limit | measured | |
| --- | ---: | ---: | ---: | --- |
| assessinto within so many times handfused-dedupe | 100 | 1.20 | 2.20 | **missed** |
| an arrival at a tracker within so many times that at H=100 | 10000 | 1.50 | 2.00 | **missed** |
| a tracker within so many bytes by activity | 1000 | 40.0 | 30.2 | met |
| a tracker within so many bytes by activity | 10000 | 40.0 | 41.0 | **missed** |
| Compile within so many times expr | all | 2.00 | 1.50 | met |
`

func TestTable(t *testing.T) {
	r, err := read(strings.NewReader(printed))
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	if err := r.write(&got, "handfused-dedupe"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(table, got.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestNothing(t *testing.T) {
	if _, err := read(strings.NewReader("PASS\n")); err == nil {
		t.Error("no error for no benchmark")
	}
}
