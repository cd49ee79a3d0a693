package history_test

import (
	"math"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/qualify-go/qualify/internal/history"
	"github.com/qualify-go/qualify/internal/testcase"
)

func location(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// instant reads an RFC 3339 text.
func instant(t testing.TB, s string) int64 {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t.Fatal(err)
	}
	return at.UnixNano()
}

func TestCalendar(t *testing.T) {
	const day, week, month = "day", "week", "month"
	tests := []struct {
		name   string
		zone   string
		period string
		a, b   string
		later  int64 // by how many periods b is later than a
	}{
		{"one day", "UTC", day, "2026-11-22T00:00:00Z", "2026-11-22T23:59:59.999999999Z", 0},
		{"midnight", "UTC", day, "2026-11-22T23:59:59.999999999Z", "2026-11-23T00:00:00Z", 1},
		{"midnight before 1970", "UTC", day, "1969-12-31T23:59:59.999999999Z", "1970-01-01T00:00:00Z", 1},
		{"one day before 1970", "UTC", day, "1969-12-30T00:00:00Z", "1969-12-30T23:59:59.999999999Z", 0},
		{"Monday begins a week", "UTC", week, "2026-11-22T23:59:59.999999999Z", "2026-11-23T00:00:00Z", 1},
		{"one week", "UTC", week, "2026-11-16T00:00:00Z", "2026-11-22T23:59:59.999999999Z", 0},
		{"one week before 1970", "UTC", week, "1969-12-22T00:00:00Z", "1969-12-28T23:59:59.999999999Z", 0},
		{"the week of 1970", "UTC", week, "1969-12-29T00:00:00Z", "1970-01-04T23:59:59.999999999Z", 0},
		{"one month", "UTC", month, "2024-02-01T00:00:00Z", "2024-02-29T23:59:59.999999999Z", 0},
		{"next month", "UTC", month, "2024-02-29T23:59:59.999999999Z", "2024-03-01T00:00:00Z", 1},
		{"next year", "UTC", month, "2023-12-31T23:59:59.999999999Z", "2024-01-01T00:00:00Z", 1},
		{"a year of months", "UTC", month, "2023-03-15T00:00:00Z", "2024-03-15T00:00:00Z", 12},

		{"midnight in winter", "Europe/Copenhagen", day, "2026-01-10T22:59:59.999999999Z", "2026-01-10T23:00:00Z", 1},
		{"midnight in summer", "Europe/Copenhagen", day, "2026-07-10T21:59:59.999999999Z", "2026-07-10T22:00:00Z", 1},
		{"a day of 23 hours", "Europe/Copenhagen", day, "2026-03-28T23:00:00Z", "2026-03-29T21:59:59.999999999Z", 0},
		{"the end of 23 hours", "Europe/Copenhagen", day, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", 1},
		{"a day of 25 hours", "Europe/Copenhagen", day, "2026-10-24T22:00:00Z", "2026-10-25T22:59:59.999999999Z", 0},
		{"the end of 25 hours", "Europe/Copenhagen", day, "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", 1},
		{"Monday in Copenhagen", "Europe/Copenhagen", week, "2026-11-22T22:59:59.999999999Z", "2026-11-22T23:00:00Z", 1},
		{"month in Copenhagen", "Europe/Copenhagen", month, "2026-06-30T21:59:59.999999999Z", "2026-06-30T22:00:00Z", 1},

		// At 00:01 on 1 November 2009, a Sunday, the clock went back to 23:01 on 31 October.
		{"midnight the first time", "America/St_Johns", day, "2009-11-01T02:29:59.999999999Z", "2009-11-01T02:30:00Z", 1},
		{"put back over midnight", "America/St_Johns", day, "2009-11-01T02:30:30Z", "2009-11-01T03:00:00Z", 0},
		{"midnight the second time", "America/St_Johns", day, "2009-11-01T03:29:59.999999999Z", "2009-11-01T03:30:00Z", 0},
		{"the day after", "America/St_Johns", day, "2009-11-01T02:30:00Z", "2009-11-02T03:30:00Z", 1},
		{"put back into the month before", "America/St_Johns", month, "2009-11-01T02:30:30Z", "2009-11-01T03:00:00Z", 0},

		// After 29 December 2011 came 31 December.
		{"a day that never was", "Pacific/Apia", day, "2011-12-30T09:59:59.999999999Z", "2011-12-30T10:00:00Z", 2},
		{"its week", "Pacific/Apia", week, "2011-12-30T09:59:59.999999999Z", "2011-12-30T10:00:00Z", 0},
		{"its month", "Pacific/Apia", month, "2011-12-30T09:59:59.999999999Z", "2011-12-30T10:00:00Z", 0},
		// 4 July 1892 came twice.
		{"a day that came twice", "Pacific/Apia", day, "1892-07-04T00:00:00Z", "1892-07-05T11:26:55Z", 0},
		{"the day after it", "Pacific/Apia", day, "1892-07-05T11:26:55Z", "1892-07-05T11:26:56Z", 1},
	}
	for _, test := range tests {
		of := map[string]func(*time.Location) history.Calendar{day: history.DayOf, week: history.WeekOf, month: history.MonthOf}[test.period]
		calendar := of(location(t, test.zone))
		if got := calendar(instant(t, test.b)) - calendar(instant(t, test.a)); got != test.later {
			t.Errorf("%s: %s of %s is %d later than that of %s, want %d", test.name, test.period, test.b, got, test.a, test.later)
		}
	}
}

// TestCalendarOfNoLocation: nil is UTC.
func TestCalendarOfNoLocation(t *testing.T) {
	for _, ns := range []int64{math.MinInt64, -1, 0, 1, 1795000000e9, math.MaxInt64} {
		if history.DayOf(nil)(ns) != history.DayOf(time.UTC)(ns) || history.WeekOf(nil)(ns) != history.WeekOf(time.UTC)(ns) || history.MonthOf(nil)(ns) != history.MonthOf(time.UTC)(ns) {
			t.Errorf("nil is not UTC at %d", ns)
		}
		// A zone without an offset goes the way of all zones.
		zone := time.FixedZone("", 0)
		if history.DayOf(nil)(ns) != history.DayOf(zone)(ns) || history.WeekOf(nil)(ns) != history.WeekOf(zone)(ns) || history.MonthOf(nil)(ns) != history.MonthOf(zone)(ns) {
			t.Errorf("a zone without an offset is not UTC at %d", ns)
		}
	}
}

// TestCalendarAroundEachChange compares with the dates that the clocks showed
// around every change of them: a period begins when they first show it.
func TestCalendarAroundEachChange(t *testing.T) {
	for _, zone := range []string{
		"UTC", "Europe/Copenhagen", "America/St_Johns", "Pacific/Apia", "America/Juneau", "Pacific/Kwajalein",
		"Asia/Manila", "America/Asuncion", "America/Santiago", "Asia/Gaza", "Australia/Lord_Howe", "Africa/Casablanca",
	} {
		loc := location(t, zone)
		day, week, month := history.DayOf(loc), history.WeekOf(loc), history.MonthOf(loc)
		changes := []time.Time{time.Date(2026, 11, 22, 0, 0, 0, 0, loc)}
		for at := time.Unix(0, math.MinInt64).In(loc); ; {
			_, end := at.ZoneBounds()
			if end.IsZero() || end.Year() > 2100 {
				break
			}
			if !end.After(at) { // package time forgets the last day of leap years from 2038 on
				end = at.Add(24 * time.Hour)
			}
			changes = append(changes, end)
			at = end
		}
		for i, change := range changes {
			if i%10 >= testcase.Count(10) { // in CI all of them
				continue
			}
			shown, shownMonth := int64(math.MinInt64), int64(math.MinInt64)
			for offset := -49 * time.Hour; offset <= 49*time.Hour; offset += 10 * time.Minute {
				for _, at := range []time.Time{change.Add(offset), change.Add(offset + 10*time.Minute - 1)} {
					y, m, d := at.Date()
					shown = max(shown, time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix()/86400)
					shownMonth = max(shownMonth, int64(y*12+int(m)))
					if d := at.UnixNano(); day(d) != shown || month(d) != shownMonth {
						t.Fatalf("%s: day %d, month %d, want %d, %d", at, day(d), month(d), shown, shownMonth)
					}
					// Monday, 5 January 1970, began the week 1.
					if want := int64(math.Floor(float64(shown-4)/7)) + 1; week(at.UnixNano()) != want {
						t.Fatalf("%s: week %d, want %d", at, week(at.UnixNano()), want)
					}
				}
			}
		}
	}
}
