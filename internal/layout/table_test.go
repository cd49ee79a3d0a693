package layout_test

import (
	"strings"
	"testing"

	"github.com/qualify-go/qualify/internal/layout"
)

func TestTable(t *testing.T) {
	t.Parallel()
	long := strings.TrimSpace(strings.Repeat("wide ", 30))
	for _, tt := range []struct {
		name, align, want string
		rows              [][]string
		fits              bool
	}{
		{"left and right", "lr", "name  number\na         12\nüü         3\n", [][]string{{"name", "number"}, {"a", "12"}, {"üü", "3"}}, true},
		{"rows of unequal length", "lll", "a  b\nc\n", [][]string{{"a", "b"}, {"c"}}, true},
		{"a long cell goes on below", "lr", strings.TrimSpace(strings.Repeat("wide ", 19)) + "     1\n    " + strings.TrimSpace(strings.Repeat("wide ", 11)) + "\n", [][]string{{long, "1"}}, false},
		{"what stands right is not broken", "r", long + "\n", [][]string{{long}}, false},
	} {
		var b strings.Builder
		layout.Table(&b, tt.align, tt.rows)
		if b.String() != tt.want {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, b.String(), tt.want)
		}
		if layout.Fits(tt.rows) != tt.fits {
			t.Errorf("%s: fits %v", tt.name, !tt.fits)
		}
	}
}

func TestCutAndShorten(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in    string
		width int
		want  string
	}{{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"日本語", 6, "日本語"}, {"日本語", 5, "日本…"}, {"", 0, ""}} {
		if got := layout.Cut(tt.in, tt.width); got != tt.want {
			t.Errorf("Cut(%q, %d) = %q, want %q", tt.in, tt.width, got, tt.want)
		}
	}
	rows := func(n int) [][]string { return make([][]string, n) }
	if got := layout.Shorten(rows(5), 1, 4); len(got) != 5 {
		t.Errorf("%d rows of 5", len(got))
	}
	if got := layout.Shorten(rows(6), 1, 4); len(got) != 6 || got[5][0] != "  and 1 more" {
		t.Errorf("%v", got)
	}
}
