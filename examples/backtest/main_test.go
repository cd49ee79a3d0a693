package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// What is printed of the small set is the same on every platform.
func TestGenerated(t *testing.T) {
	var out bytes.Buffer
	if err := run(&out, nil); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/generated.txt", out.Bytes())
}

// The committed cases are those that the generator makes.
func TestCases(t *testing.T) {
	var out bytes.Buffer
	if err := run(&out, []string{"-generate"}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out.Bytes(), generatedCases) {
		t.Error("cases.jsonl is not what -generate writes")
	}
}

func TestPicture(t *testing.T) {
	name := filepath.Join(t.TempDir(), "picture.svg")
	if err := run(io.Discard, []string{"-svg", name}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for d := xml.NewDecoder(bytes.NewReader(data)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "../../docs/backtest.svg", data)
}

// The readers take files with the columns of the two sets.
func TestReaders(t *testing.T) {
	data := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		name = filepath.Join(data, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("xeducation/Leads.csv", "Prospect ID,Lead Number,Lead Source,Converted,Tags\nb,2,Google,1,x\na,1,Select,0,\n")
	write("olist/olist_marketing_qualified_leads_dataset.csv", "mql_id,first_contact_date,landing_page_id,origin\nm,2018-02-01,p,social\nn,2018-02-02,p,email\no,2017-12-31,p,email\n")
	write("olist/olist_closed_deals_dataset.csv", "mql_id,won_date\nm,2018-02-26 19:58:54\n")
	x, err := load("xeducation", data, 0, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(x.cases) != 2 || x.cases[0].Lead.ID != "a" || x.cases[1].Outcome != "won" || x.cases[1].Lead.Profile["Lead Source"] != "Google" || x.cases[1].Lead.Profile["Converted"] != nil {
		t.Errorf("X Education: %+v", x.cases)
	}
	o, err := load("olist", data, 0, "30d")
	if err != nil {
		t.Fatal(err)
	}
	if len(o.cases) != 2 || o.cases[0].Outcome != "won" || o.cases[1].Outcome != "open" {
		t.Errorf("Olist: %+v", o.cases)
	}
	for _, args := range [][]string{{"-set", "other"}, {"-set", "olist", "-within", "3m"}, {"-set", "xeducation", "-data", filepath.Join(data, "none")}, {"-nonsense"}} {
		if err := run(io.Discard, args); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}
