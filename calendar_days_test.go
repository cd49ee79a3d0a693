package qualify_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/qualify-go/qualify"
)

// daysOf is a model that asks how many calendar days ago an attribute was.
func daysOf(t *testing.T, loc *time.Location, conditions ...string) *qualify.Model {
	t.Helper()
	p := qualify.Policy{Profile: []qualify.Field{{Name: "due", Kind: qualify.Time}, {Name: "from", Kind: qualify.Time}}}
	for i, c := range conditions {
		p.Criteria = append(p.Criteria, qualify.Criterion{ID: fmt.Sprint("c", i), Met: c})
	}
	m, err := qualify.Compile(p, qualify.WithLocation(loc))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// midnights counts the days from one instant to a later one by walking: a day begins when
// the clocks first show its date.
func midnights(loc *time.Location, from, to time.Time) (days int) {
	newest := from.In(loc).Format(time.DateOnly)
	for at := from; !at.After(to); at = at.Add(time.Minute) {
		if date := at.In(loc).Format(time.DateOnly); date > newest {
			newest, days = date, days+1
		}
	}
	return days
}

// Calendar days change at midnights only, on days of 23, 24 and 25 hours and where a
// midnight does not exist; Next gives the instant.
func TestCalendarDays(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ zone, date string }{
		{"UTC", "2026-11-02"}, {"America/New_York", "2026-11-01"}, {"America/New_York", "2026-03-08"}, {"America/Sao_Paulo", "2018-11-04"},
		{"Asia/Beirut", "2022-03-27"}, {"Africa/Cairo", "2024-04-26"}, {"Pacific/Auckland", "2026-04-05"}, {"Asia/Kathmandu", "2026-01-01"},
	} {
		loc := must(time.LoadLocation(tt.zone))
		noon := must(time.ParseInLocation("2006-01-02 15:04", tt.date+" 12:00", loc))
		m := daysOf(t, loc, `calendar_days_since(lead.due) == 0`, `calendar_days_since(lead.due) == 1`, `calendar_days_since(lead.due) == -1`, `1 <= calendar_days_since(lead.due)`)
		lead := qualify.Lead{Profile: profile{"due": tt.date}}
		var starts []time.Time // of the days around
		var begins time.Time   // the day of noon
		for at, newest := noon.Add(-50*time.Hour), ""; at.Before(noon.Add(70 * time.Hour)); at = at.Add(time.Minute) {
			if date := at.In(loc).Format(time.DateOnly); date > newest {
				if newest != "" {
					starts = append(starts, at)
					if !at.After(noon) {
						begins = at
					}
				}
				newest = date
			}
		}
		between := func(after, to time.Time) (n int) {
			for _, s := range starts {
				if s.After(after) && !s.After(to) {
					n++
				}
			}
			return n
		}
		for minutes := -30 * 60; minutes <= 60*60; minutes += 30 {
			at := begins.Add(time.Duration(minutes)*time.Minute - time.Nanosecond)
			for range 2 {
				days := 0
				if at.Before(begins) {
					days = -between(at, begins)
				} else {
					days = between(begins, at)
				}
				a := assess(t, m, lead, at)
				for i, yes := range []bool{days == 0, days == 1, days == -1, days >= 1} {
					want := qualify.No
					if yes {
						want = qualify.Yes
					}
					if got := a.Checklist.Answer(fmt.Sprint("c", i)); got != want {
						t.Errorf("%s %s at %s, %d days: c%d is %v", tt.zone, tt.date, at.In(loc), days, i, got)
					}
				}
				at = at.Add(time.Nanosecond)
			}
		}
		for at, days := begins.Add(-30*time.Hour), 0; days < 3; days++ {
			next, err := m.Track(&lead).Next(at)
			if err != nil || next.IsZero() {
				t.Fatalf("%s %s: nothing changes after %s; %v", tt.zone, tt.date, at.In(loc), err)
			}
			if midnights(loc, next.Add(-time.Minute), next) != 1 || next.Truncate(time.Minute) != next {
				t.Errorf("%s %s: at %s the next change is %s, no midnight", tt.zone, tt.date, at.In(loc), next.In(loc))
			}
			if until := assess(t, m, lead, at).Until; !until.Equal(next) {
				t.Errorf("%s %s: at %s Until is %s, and Next %s", tt.zone, tt.date, at.In(loc), until, next)
			}
			at = next
		}
	}
}

// The rows of the reports: due today, overdue, on the same day, and the time between two.
func TestDueDates(t *testing.T) {
	t.Parallel()
	loc := must(time.LoadLocation("America/New_York"))
	local := func(text string) time.Time { return must(time.ParseInLocation("2006-01-02 15:04", text, loc)) }
	for _, tt := range []struct {
		met, due, from string
		at             time.Time
		want           qualify.Answer
	}{
		{`calendar_days_since(lead.due) > 0`, "2026-11-02", "", local("2026-11-02 09:00"), qualify.No},
		{`calendar_days_since(lead.due) == 0`, "2026-11-02", "", local("2026-11-02 09:00"), qualify.Yes},
		{`calendar_days_since(lead.due) >= 1`, "2026-11-01", "", local("2026-11-01 23:30"), qualify.No},
		{`calendar_days_since(lead.due) >= 1`, "2026-11-01", "", local("2026-11-02 00:00"), qualify.Yes},
		{`calendar_days_since(lead.due) == -1`, "2026-11-02T23:00:00-05:00", "", local("2026-11-01 00:30"), qualify.Yes},
		{`calendar_days_since(lead.due) == 0`, "", "", local("2026-11-01 00:30"), qualify.Unknown},
		{`days_between(lead.from, lead.due) > 1`, "2026-11-02T12:00:00Z", "2026-11-01T12:00:00Z", local("2026-11-05 00:30"), qualify.No},
		{`days_between(lead.from, lead.due) > 1`, "2026-11-02T12:00:01Z", "2026-11-01T12:00:00Z", local("2026-11-05 00:30"), qualify.Yes},
		{`days_between(lead.due, lead.from) * 24 == -24`, "2026-11-02T12:00:00Z", "2026-11-01T12:00:00Z", local("2026-11-05 00:30"), qualify.Yes},
		{`days_between(lead.from, lead.due) > 1`, "2026-11-02", "", local("2026-11-05 00:30"), qualify.Unknown},
	} {
		lead := qualify.Lead{Profile: profile{"due": tt.due, "from": tt.from}}
		if got := assess(t, daysOf(t, loc, tt.met), lead, tt.at).Checklist.Answer("c0"); got != tt.want {
			t.Errorf("%s of %q and %q at %s is %v, want %v", tt.met, tt.due, tt.from, tt.at, got, tt.want)
		}
	}
}

// A reason names the calendar days by the label of the time that they are counted from.
func TestCalendarDaysLabel(t *testing.T) {
	t.Parallel()
	p := qualify.Policy{
		Profile:  []qualify.Field{{Name: "due", Kind: qualify.Time, Label: "Due date"}},
		Criteria: []qualify.Criterion{{ID: "today", Met: `calendar_days_since(lead.due) == 0`}},
	}
	a := assess(t, must(qualify.Compile(p)), qualify.Lead{Profile: profile{"due": "2026-11-01"}}, time.Date(2026, 11, 1, 23, 0, 0, 0, time.UTC))
	if got := fmt.Sprint(bytesOf(t, a)); !strings.Contains(strings.ToLower(got), "\"label\":\"calendar days since due date\"") {
		t.Errorf("the label is missing in %s", got)
	}
}
