package history

import "time"

// Calendar numbers the periods of a calendar: two instants, in nanoseconds of
// Unix time, have the same number when they lie in the same period.
type Calendar func(ns int64) int64

// DayOf numbers the days of a location.
func DayOf(loc *time.Location) Calendar {
	if loc == nil || loc == time.UTC {
		return func(ns int64) int64 { return floorDiv(ns, Day) }
	}
	return func(ns int64) int64 {
		y, m, d := time.Unix(0, ns).In(loc).Date()
		return floorDiv(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix(), 24*60*60)
	}
}

// WeekOf numbers the weeks of a location, which begin on Monday.
func WeekOf(loc *time.Location) Calendar {
	day := DayOf(loc)
	return func(ns int64) int64 { return floorDiv(day(ns)+3, 7) } // 1970-01-01 was a Thursday
}

// MonthOf numbers the months of a location.
func MonthOf(loc *time.Location) Calendar {
	if loc == nil {
		loc = time.UTC
	}
	return func(ns int64) int64 {
		y, m, _ := time.Unix(0, ns).In(loc).Date()
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
