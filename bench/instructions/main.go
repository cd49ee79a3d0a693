// Instructions counts the processor's instructions inside one assessment, which hardly differ from run to run where times differ
// by a third. It compares them with those that are committed, or with those of another commit that it builds beside, and prints
// the times of both next to each other. It needs valgrind, on linux/amd64.
//
// The count is the difference of two runs under valgrind, divided by the assessments that one makes and the other does not.
// The leads are fixed, the garbage collector and preemption are off, and so are all features that one processor has and another
// has not. What still differs by some hundredths of a percent is where keys lie in maps.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

const committed = "testdata/instructions.txt"

func main() {
	log.SetFlags(0)
	base := flag.String("base", "", "the `commit` to compare with; without it, the committed counts")
	update := flag.Bool("update", false, "write the counts to "+committed)
	times := flag.Int("times", 7, "how often times are taken, with a base")
	row := flag.Int("row", -1, "make the assessments of a row: for use under valgrind")
	rounds := flag.Int("rounds", 0, "how many rounds of them, after one")
	flag.Parse()
	if *row >= 0 {
		fmt.Println(rows[*row].measure(*rounds).Nanoseconds())
		return
	}
	if err := run(*base, *update, *times); err != nil {
		log.Fatal(err)
	}
}

// run counts, compares and prints. It is to be run in the folder of the module bench.
func run(base string, update bool, times int) error {
	dir, err := os.MkdirTemp("", "instructions")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	want := counts{toolchain: "local"}
	if !update && base == "" {
		if want, err = readCounts(committed); err != nil {
			return err
		}
	}
	candidate, err := build(".", filepath.Join(dir, "candidate"), want.toolchain)
	if err != nil {
		return err
	}
	got := counts{toolchain: runtime.Version()}
	if base == "" {
		for i := range limited {
			n, err := count(candidate, i)
			if err != nil {
				return err
			}
			got.of = append(got.of, n)
		}
		if update {
			return got.write(committed)
		}
		return want.compare(os.Stdout, got)
	}
	before, err := buildBase(base, dir)
	if err != nil {
		return err
	}
	old := counts{toolchain: runtime.Version()}
	fmt.Printf("| | %s | now | | time of one, ns | now | |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n", base)
	for i, r := range rows[:len(rows)-rivals] {
		a, err := count(before, i)
		if err != nil {
			return err
		}
		b, err := count(candidate, i)
		if err != nil {
			return err
		}
		old.of, got.of = append(old.of, a), append(got.of, b)
		var was, is spread
		for range times { // one and the other in turn, so that a slow minute hits both
			for _, m := range []struct {
				program string
				to      *spread
			}{{before, &was}, {candidate, &is}} {
				ns, err := r.time(m.program, i)
				if err != nil {
					return err
				}
				*m.to = append(*m.to, ns)
			}
		}
		fmt.Printf("| %s | %d | %d | %+.1f %% | %s | %s | %+.0f %% |\n", r.name(), a, b, change(a, b), was, is, change(was.median(), is.median()))
	}
	if err := got.compareRivals(os.Stdout, func(i int) (int, error) { return count(candidate, i) }); err != nil {
		return err
	}
	return old.compare(io.Discard, got)
}

// environment is that of all that is built and run: other variables than these must play no part.
func environment(more ...string) []string {
	env := slices.DeleteFunc(os.Environ(), func(s string) bool {
		return strings.HasPrefix(s, "GODEBUG=") || strings.HasPrefix(s, "GOFLAGS=") || strings.HasPrefix(s, "GOEXPERIMENT=") || strings.HasPrefix(s, "GOMEMLIMIT=")
	})
	return append(append(env, "GOAMD64=v1", "CGO_ENABLED=0"), more...)
}

// build builds this program in a folder of the module bench.
func build(bench, to, toolchain string) (program string, err error) {
	cmd := exec.Command("go", "build", "-pgo=off", "-o", to, "./instructions")
	cmd.Dir, cmd.Env = bench, environment("GOTOOLCHAIN="+toolchain)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build with %s: %w\n%s", toolchain, err, out)
	}
	return to, nil
}

// buildBase builds this program, with all of today's bench, over the library of another commit.
func buildBase(commit, dir string) (string, error) {
	tree := filepath.Join(dir, "tree")
	if err := os.Mkdir(tree, 0o755); err != nil {
		return "", err
	}
	for _, script := range []string{
		`git -C .. archive "$1" | tar -x -C "$2"`,
		`rm -rf "$2/bench" && mkdir "$2/bench" && tar -c . | tar -x -C "$2/bench"`,
	} {
		if out, err := exec.Command("sh", "-e", "-c", script, "sh", commit, tree).CombinedOutput(); err != nil {
			return "", fmt.Errorf("%s: %w\n%s", commit, err, out)
		}
	}
	return build(filepath.Join(tree, "bench"), filepath.Join(dir, "base"), "local")
}

var collected = regexp.MustCompile(`(?m)I\s+refs:\s+([\d,]+)`)

// count gives the instructions of one assessment of a row.
func count(program string, row int) (int, error) {
	total := func(rounds int) (int, error) {
		cmd := exec.Command("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", program,
			"-row", strconv.Itoa(row), "-rounds", strconv.Itoa(rounds))
		cmd.Env = environment("GODEBUG=asyncpreemptoff=1,cpu.all=off", "GOGC=off", "GOMAXPROCS=1")
		out, err := cmd.CombinedOutput()
		m := collected.FindSubmatch(out)
		if err != nil || m == nil {
			return 0, fmt.Errorf("%s: %w\n%s", rows[row].name(), err, out)
		}
		return strconv.Atoi(strings.ReplaceAll(string(m[1]), ",", ""))
	}
	before, err := total(0)
	if err != nil {
		return 0, err
	}
	r := &rows[row]
	after, err := total(r.rounds)
	return (after - before) / (r.rounds * r.leads), err
}

func change(from, to int) float64 { return 100 * (float64(to)/float64(from) - 1) }

// spread is what was measured several times.
type spread []int

func (s spread) median() int {
	s = slices.Sorted(slices.Values(s))
	return s[len(s)/2]
}

func (s spread) String() string {
	return fmt.Sprintf("%d (%d to %d)", s.median(), slices.Min(s), slices.Max(s))
}
