package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

// mostGrowth is by how many percent limited rows may grow.
const mostGrowth = 3

// counts are the instructions of one assessment, by row, as programs of one toolchain make them. Those that are committed are of
// the limited rows.
type counts struct {
	toolchain string
	of        []int
}

// readCounts reads committed counts.
func readCounts(file string) (counts, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return counts{}, err
	}
	return parseCounts(string(data))
}

func parseCounts(text string) (c counts, err error) {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	c.toolchain = lines[0]
	if len(lines) != 1+limited {
		return c, fmt.Errorf("%s has counts of %d rows, and there are %d: run it with -update", committed, len(lines)-1, limited)
	}
	for i, line := range lines[1:] {
		name, number, _ := strings.Cut(line, ": ")
		n, err := strconv.Atoi(number)
		if err != nil || name != rows[i].name() {
			return c, fmt.Errorf("%s has %q for %s: run it with -update", committed, line, rows[i].name())
		}
		c.of = append(c.of, n)
	}
	return c, nil
}

func (c counts) write(file string) error { return os.WriteFile(file, []byte(c.String()), 0o644) }

func (c counts) String() string {
	var b strings.Builder
	fmt.Fprintln(&b, c.toolchain)
	for i, n := range c.of {
		fmt.Fprintf(&b, "%s: %d\n", rows[i].name(), n)
	}
	return b.String()
}

// compare prints counts beside those of before, and gives an error if one that is limited has grown by too much.
func (c counts) compare(to io.Writer, now counts) error {
	fmt.Fprintf(to, "instructions of one assessment, as %s compiles it\n\n| | before | now | |\n| --- | ---: | ---: | ---: |\n", c.toolchain)
	var grown []string
	for i, n := range now.of {
		r, percent := &rows[i], change(c.of[i], n)
		fmt.Fprintf(to, "| %s | %d | %d | %+.1f %% |\n", r.name(), c.of[i], n, percent)
		if i < limited && 100*(n-c.of[i]) > mostGrowth*c.of[i] {
			grown = append(grown, fmt.Sprintf("%s by %.1f %%", r.name(), percent))
		}
	}
	if grown != nil {
		return fmt.Errorf("instructions have grown by more than %d %%: %s. If there is a reason, say it in the commit, and run go -C bench run ./instructions -update",
			mostGrowth, strings.Join(grown, ", "))
	}
	return nil
}

// compareRivals counts the instructions of other engines, and prints how many times theirs those of the library are.
func (c counts) compareRivals(to io.Writer, count func(row int) (int, error)) error {
	fmt.Fprint(to, "\n| | instructions | assessinto | times |\n| --- | ---: | ---: | ---: |\n")
	for i := len(rows) - rivals; i < len(rows); i++ {
		n, err := count(i)
		if err != nil {
			return err
		}
		ours := c.of[slices.IndexFunc(rows, func(r row) bool { return r.what == "assessinto" && r.h == rows[i].h })]
		fmt.Fprintf(to, "| %s | %d | %d | %.2f |\n", rows[i].name(), n, ours, float64(ours)/float64(n))
	}
	return nil
}
