package history

import "time"

// Calendar numbers the periods of a calendar: two instants, in nanoseconds of
// Unix time, have the same number when they lie in the same period. The number
// never falls as time passes: a period begins when the clocks first show it, and
// what a clock put back over midnight shows again belongs to the new day.
type Calendar func(ns int64) int64

// DayOf numbers the days of a location.
func DayOf(loc *time.Location) Calendar {
	if loc == nil || loc == time.UTC {
		return func(ns int64) int64 { return floorDiv(ns, Day) }
	}
	return func(ns int64) int64 {
		t := time.Unix(0, ns).In(loc)
		day := shownDay(t)
		if change, _ := t.ZoneBounds(); !change.IsZero() {
			day = max(day, shownDay(change.Add(-1)))
		}
		return day
	}
}

// shownDay numbers the day that the clocks show.
func shownDay(t time.Time) int64 {
	_, offset := t.Zone()
	return floorDiv(t.Unix()+int64(offset), 24*60*60)
}

// WeekOf numbers the weeks of a location, which begin on Monday.
func WeekOf(loc *time.Location) Calendar {
	day := DayOf(loc)
	return func(ns int64) int64 { return floorDiv(day(ns)+3, 7) } // 1970-01-01 was a Thursday
}

// MonthOf numbers the months of a location.
func MonthOf(loc *time.Location) Calendar {
	day := DayOf(loc)
	return func(ns int64) int64 {
		y, m, _ := time.Unix(day(ns)*24*60*60, 0).UTC().Date()
		return int64(y)*12 + int64(m)
	}
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
