package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/qualify-go/qualify/internal/testcase"
)

// Any ID is a token and back, and no two have the same one.
func TestTokens(t *testing.T) {
	random := rand.New(rand.NewPCG(13, 14))
	ids := []string{"Anna", "a.b", "*", ">", "a b", "$KV.leads.x", "\x00", "\xff", "Ægir 🐟", "anna@example.org", strings.Repeat("x", maxID)}
	for range testcase.Count(2000) {
		id := make([]byte, 1+random.IntN(40))
		for i := range id {
			id[i] = byte(random.IntN(256))
		}
		ids = append(ids, string(id))
	}
	for _, id := range ids {
		key, err := token(id)
		if err != nil {
			t.Fatalf("%q: %v", id, err)
		}
		if strings.Trim(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			t.Errorf("%q has the token %q", id, key)
		}
		if back, err := leadOf(key); err != nil || back != id {
			t.Errorf("%q comes back as %q: %v", id, back, err)
		}
	}
	for _, id := range []string{"", strings.Repeat("x", maxID+1)} {
		if key, err := token(id); err == nil {
			t.Errorf("an ID of %d bytes has the token %q", len(id), key)
		}
	}
	for _, key := range []string{"", "a", "QQ==", "QR", "Q Q", "Q.Q"} { // "QR" has bits too many: "QQ" is "A"
		if id, err := leadOf(key); err == nil {
			t.Errorf("%q stands for %q", key, id)
		}
	}
}

// A history is the same whatever the order in which facts come, and how often. Of the values of an
// attribute the one counts that was read last.
func TestHistory(t *testing.T) {
	random := rand.New(rand.NewPCG(15, 16))
	noon := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	oneHourEast := time.FixedZone("", 3600)
	var all []fact
	for _, body := range []string{
		`{"at": "2026-11-01T12:00:00Z", "profile": {"employees": 10, "title": "CTO"}}`,
		`{"at": "2026-11-01T13:30:00+01:00", "profile": {"employees": 20}}`, // half an hour later
		`{"at": "2026-11-01T12:10:00Z", "profile": {"employees": 30}}`,
		`{"at": "2026-11-01T12:30:00Z", "profile": {"employees": 15}}`, // at the same instant as 20
		`{"at": "2026-11-01T12:00:00Z", "profile": {"title": null}}`,
		`{"activities": [{"id": "1", "type": "demo", "props": {"a": 1, "b": 2}}, {"id": "2", "type": "demo"}]}`,
		`{"activities": [{"props":{"b":2,"a":1}, "type":"demo", "id":"1"}]}`,
		`{"activities": [{"id": "1", "type": "demo", "props": {"a": 3}}]}`,
		`{"at": "2026-11-01T12:00:00Z", "profile": {}}`,
	} {
		f, err := parseFact([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	want := history{
		Profile: map[string]attribute{
			"employees": {json.RawMessage("20"), noon.Add(30 * time.Minute)},
			"title":     {json.RawMessage("null"), noon},
		},
		Activities: []json.RawMessage{
			json.RawMessage(`{"id":"1","props":{"a":1,"b":2},"type":"demo"}`),
			json.RawMessage(`{"id":"1","props":{"a":3},"type":"demo"}`),
			json.RawMessage(`{"id":"2","type":"demo"}`),
		},
	}
	for range testcase.Count(200) {
		random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		var got history
		for _, f := range slices.Concat(all, all) {
			f.At = f.At.In(oneHourEast)
			got.add(f)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("another history (-want +got):\n%s", diff)
		}
		for _, f := range all {
			if got.add(f) {
				t.Errorf("%v is new", f)
			}
		}
	}
}

// The facts of a line make the same lead as the line.
func TestSplit(t *testing.T) {
	model, err := compile(file(t, "../sample/policy.json"))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	document := `{"id": "Anna", "profile": {"employees": 12}, "activities": [
		{"id": "2", "type": "demo", "at": "2026-10-02T09:00:00Z"}, {"id": "1", "type": "page_view", "at": "2026-10-01T09:00:00Z"}]} {"id": "Nobody"}`
	n := 0
	for l, err := range readLeads(strings.NewReader(document)) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		var h history
		parts := l.split(at)
		for _, f := range parts {
			body, err := json.Marshal(f)
			if err != nil {
				t.Fatal(err)
			}
			read, err := parseFact(body)
			if err != nil {
				t.Fatalf("%s: %v", body, err)
			}
			h.add(read)
		}
		lead, err := h.lead(l.ID, model)
		if err != nil {
			t.Fatal(err)
		}
		if want := []int{3, 1}[n-1]; lead.ID != l.ID || len(parts) != want || len(lead.Activities) != want-1 {
			t.Errorf("%v has the facts %v", l, parts)
		}
	}
	if n != 2 {
		t.Errorf("there are %d leads", n)
	}
	for range readLeads(strings.NewReader("")) {
		t.Error("nothing has a lead")
	}
}

func TestChangeString(t *testing.T) {
	since := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		change
		want string
	}{
		{change{Lead: "Anna", Stage: "mql", Since: since, Points: 30}, "Anna  from none to mql, since 2026-11-01 09:00, 30 points"},
		{change{Lead: "Anna", From: "mql", FromSince: since, Since: since}, "Anna  from mql to none, since 2026-11-01 09:00, 0 points"},
		{change{Lead: "Anna", Since: since}, "Anna  in none since 2026-11-01 09:00, not since the start"},
	} {
		if got := fmt.Sprint(test.change); got != test.want {
			t.Errorf("got %s\nwant %s", got, test.want)
		}
	}
}
