package main

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/qualify-go/qualify"
	"github.com/qualify-go/qualify/backtest"
)

//go:embed xeducation.json
var xEducationPolicy []byte

// A set is cases with a policy and a plan by which they judge it.
type set struct {
	model *qualify.Model
	plan  backtest.Plan
	cases []backtest.Case
	// columns are all that the file has of a lead.
	columns []string
}

// table reads a file with a header: a map for each row, without its empty cells.
func table(path ...string) ([]map[string]any, []string, error) {
	file, err := os.Open(filepath.Join(path...))
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	all, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", file.Name(), err)
	}
	if len(all) == 0 {
		return nil, nil, fmt.Errorf("%s is empty", file.Name())
	}
	var rows []map[string]any
	for _, cells := range all[1:] {
		row := map[string]any{}
		for i, cell := range cells {
			if cell != "" {
				row[all[0][i]] = cell
			}
		}
		rows = append(rows, row)
	}
	return rows, all[0], nil
}

// xEducation reads the leads of X Education from a folder with Leads.csv. They carry no dates:
// they come in minute by minute, in the order of their numbers or, with a seed above 0, in one that
// the seed gives; and who converts does so within a minute. So a split in time is a split by number,
// or by chance: the last 30 in 100 are tested. Known are the columns that the form and the
// website fill in; all others may have been filled in later.
func xEducation(folder string, seed uint64) (*set, error) {
	rows, columns, err := table(folder, "Leads.csv")
	if err != nil {
		return nil, err
	}
	policy, err := qualify.ParsePolicy(xEducationPolicy)
	if err != nil {
		return nil, err
	}
	model, err := qualify.Compile(policy)
	if err != nil {
		return nil, err
	}
	number := func(row map[string]any) int {
		n, _ := strconv.Atoi(fmt.Sprint(row["Lead Number"]))
		return n
	}
	slices.SortStableFunc(rows, func(a, b map[string]any) int { return number(a) - number(b) })
	if seed > 0 {
		r := chance(seed)
		for i := len(rows) - 1; i > 0; i-- {
			j := r.below(i + 1)
			rows[i], rows[j] = rows[j], rows[i]
		}
	}
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	minute := func(i int) time.Time { return start.Add(time.Duration(i) * time.Minute) }
	s := &set{model: model, plan: backtest.Plan{
		Judge: backtest.After(0), Within: qualify.Duration(time.Minute), End: minute(len(rows) + 2), Split: backtest.SplitAt(minute(len(rows) * 7 / 10)),
	}}
	for _, f := range policy.Profile {
		s.plan.Known = append(s.plan.Known, f.Name)
	}
	outcomes := []string{"Converted", "Prospect ID", "Lead Number"}
	s.columns = slices.DeleteFunc(columns, func(name string) bool { return slices.Contains(outcomes, name) })
	for i, row := range rows {
		c := backtest.Case{Lead: qualify.Lead{ID: fmt.Sprint(row["Prospect ID"]), Profile: row}, Began: minute(i), Outcome: backtest.Open}
		if row["Converted"] == "1" {
			c.Outcome, c.Until = backtest.Won, minute(i).Add(time.Second)
		}
		for _, key := range outcomes {
			delete(row, key)
		}
		s.cases = append(s.cases, c)
	}
	return s, nil
}
