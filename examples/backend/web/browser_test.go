package web_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// browser starts a browser without a window. Its tabs are of the contexts that are made of this one.
func browser(t *testing.T) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("SKIPPED: there is no chromium on this machine, so nothing of the pages was tried in a browser")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.WindowSize(1200, 900))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // chromium's sandbox does not run as root
	}
	ctx, stop := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// tab is a tab of the browser.
type tab struct {
	*testing.T
	ctx  context.Context
	site *site
}

// tab opens one, on a site of its own.
func newTab(t *testing.T, browser context.Context) tab {
	t.Helper()
	ctx, stop := chromedp.NewContext(browser)
	t.Cleanup(stop)
	ctx, stop = context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(stop)
	s := open(t)
	s.team(t)
	return tab{t, ctx, s}
}

func (t tab) do(steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(t.ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

func get[T any](t tab, action chromedp.Action[T]) T {
	t.Helper()
	value, err := chromedp.Run(t.ctx, action)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func (t tab) open(path string) {
	t.Helper()
	t.do(chromedp.Navigate(t.site.URL+path), chromedp.WaitReady(chromedp.CSS("main")))
}

func (t tab) click(selector string) {
	t.Helper()
	t.do(chromedp.Click(chromedp.CSS(selector)))
}

func (t tab) fill(id, text string) {
	t.Helper()
	t.do(chromedp.SetValue(chromedp.CSS("#"+id), text))
}

// reads gives the text of the page as it is seen.
func (t tab) reads() string {
	t.Helper()
	return get(t, chromedp.Text(chromedp.CSS("main")))
}

// until waits until the page, perhaps the next one, has all these texts.
func (t tab) until(texts ...string) {
	t.Helper()
	got, deadline := "", time.Now().Add(time.Minute)
	for time.Now().Before(deadline) {
		got, _ = chromedp.Run(t.ctx, chromedp.Evaluate[string](`document.readyState == "complete" ? document.querySelector("main").innerText : ""`)) // between two pages there is none
		if !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(got, text) }) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("the page does not say %q, but\n%s", texts, got)
}

// back presses the button for going back, and waits for the page there.
func (t tab) back(path string) {
	t.Helper()
	t.do(chromedp.Evaluate[chromedp.Void]("history.back()"))
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if at, _ := chromedp.Run(t.ctx, chromedp.Location()); at == t.site.URL+path {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("going back does not lead to %s", path)
		}
	}
}

// press types keys, wherever the focus is.
func (t tab) press(keys string) {
	t.Helper()
	t.do(chromedp.KeyEvent(keys))
}

// tabTo moves the focus forward until it is on an element.
func (t tab) tabTo(selector string) {
	t.Helper()
	for range 200 {
		t.press(kb.Tab)
		if get(t, chromedp.Evaluate[bool](fmt.Sprintf("document.activeElement.matches(%q)", selector))) {
			return
		}
	}
	t.Fatalf("the key Tab does not lead to %s", selector)
}

func TestBrowser(t *testing.T) {
	b := browser(t)
	for name, test := range map[string]func(tab){
		"rank, open, answer, override": mainWay, "mistype, preview, release": policyWay, "a double submit": doubleSubmit, "back": back,
		"keyboard only": keyboard, "without script": withoutScript, "a lead that is a script": scriptLead, "every page": everyPage,
	} {
		t.Run(name, func(t *testing.T) { test(newTab(t, b)) })
	}
}

const anna = `a[href="/leads/anna"]`

func mainWay(t tab) {
	t.open("/")
	first := get(t, chromedp.Text(chromedp.CSS("table.leads tbody tr")))
	if !strings.Contains(first, "Anna Sørensen") || !strings.Contains(first, "Marketing-qualified") || !strings.Contains(first, "What is set aside for this a year?") {
		t.Errorf("the first lead is %q", first)
	}
	t.click(anna)
	t.until("What is missing for Sales-qualified", "Criteria met must be 3 or more, and is 2")
	t.fill("budget", "20000")
	t.click(`form[action$="/answers"] button`)
	t.until("The answers are recorded.", "Sales-qualified since 27 Nov 2026", "Budget told, in euro a year: 20000")

	// Set by hand until tomorrow, and it ends by itself.
	t.fill("set", "out")
	t.fill("reason", "Wrong number")
	t.fill("until", "2026-11-28")
	t.click(`form[action$="/override"] button`)
	t.until("The stage is set.", "Out since 27 Nov 2026", "A seller set the stage Out until 29 Nov 2026, 00:00: Wrong number")
	t.site.clock.Pass(39 * time.Hour)
	if _, err := t.site.crm.Wake(t.ctx, 1000); err != nil {
		t.Fatal(err)
	}
	t.open("/leads/anna")
	t.until("Sales-qualified since 29 Nov 2026")
	if strings.Contains(t.reads(), "A seller set the stage") {
		t.Error("the override has not ended")
	}

	// The answer is taken back.
	t.click(`.activities tbody tr:nth-child(2) button`)
	t.until("The activity is taken back.", "taken back 29 Nov 2026", "Marketing-qualified since")
}

func policyWay(t tab) {
	t.open("/policy")
	t.until("No mistakes.")
	t.do(chromedp.Focus(chromedp.CSS("#document")), chromedp.Evaluate[chromedp.Void](`(() => {
		const e = document.getElementById("document"), at = e.value.indexOf("met_count('bant') >= 3");
		e.setSelectionRange(at + 5, at + 5);
	})()`))
	t.press("x") // met_cxount
	t.until("1 mistake.", "met_cxount", "^")
	if got := get(t, chromedp.Text(chromedp.CSS("#said"))); !strings.Contains(got, "\n") || !strings.Contains(got, "met_count") {
		t.Errorf("the mistake is told as %q", got)
	}
	t.click("#go") // selects the place
	if got := get(t, chromedp.Evaluate[string](`(e => e.value.slice(e.selectionStart, e.selectionStart + 10))(document.getElementById("document"))`)); got != "met_cxount" {
		t.Errorf("the button leads to %q", got)
	}
	t.do(chromedp.Evaluate[chromedp.Void](`(() => { const e = document.getElementById("document"); const at = e.value.indexOf("met_cxount"); e.setSelectionRange(at + 6, at + 6); })()`))
	t.press(kb.Backspace)
	t.until("No mistakes.")

	t.do(chromedp.Evaluate[chromedp.Void](`(e => { e.value = e.value.replace("met_count('bant') >= 3", "met_count('bant') >= 2").replace('"2026-11"', '"2026-12"'); })(document.getElementById("document"))`))
	t.fill("note", "Two answers suffice")
	t.click("#draft button:not([type])")
	t.until("The draft may go live", "64 leads compared", "anna\tMarketing-qualified\tSales-qualified")
	t.click("#release")
	t.until("The policy is in use.", "Tidewater Fleet Software 2026-12", "Two answers suffice", "0 of 64")
	if err := t.site.crm.Backfill(t.ctx, nil); err != nil {
		t.Fatal(err)
	}
	t.open("/policy")
	t.until("All 64 leads are assessed by it.")
	t.open("/leads/anna")
	t.until("Sales-qualified since 27 Nov 2026")
}

func doubleSubmit(t tab) {
	t.open("/leads/anna")
	t.fill("budget", "20000")
	before := len(t.site.lead(t, "anna").History)
	t.do(chromedp.Evaluate[chromedp.Void](`(async () => { // as two clicks that both arrive
		const form = document.querySelector('form[action$="/answers"]'), body = () => new URLSearchParams(new FormData(form));
		await Promise.all([fetch(form.action, {method: "POST", body: body()}), fetch(form.action, {method: "POST", body: body()})]);
		form.requestSubmit(); form.requestSubmit();
	})()`, chromedp.EvalAwaitPromise))
	t.until("Nothing was done twice.")
	if got := len(t.site.lead(t, "anna").History); got != before+1 {
		t.Errorf("%d activities; want %d", got, before+1)
	}
}

func back(t tab) {
	t.open("/leads")
	t.click(anna)
	t.until("What is missing")
	t.fill("budget", "500")
	t.click(`form[action$="/answers"] button`)
	t.until("The answers are recorded.")
	before := len(t.site.lead(t, "anna").History)
	t.do(chromedp.Reload())
	t.until("The answers are recorded.")
	t.back("/leads/anna")
	t.until("What is missing")
	if got := len(t.site.lead(t, "anna").History); got != before {
		t.Errorf("loading again and going back sends the answer again: %d activities; want %d", got, before)
	}
	// Whoever went back and corrects the answer is heard.
	t.site.clock.Pass(time.Minute)
	t.do(chromedp.Evaluate[chromedp.Void](`(e => { const d = e.closest("details"); if (d) d.open = true; e.value = "50000"; e.form.requestSubmit(); })(document.querySelector('[name="budget"]'))`))
	t.until("recorded.", "Sales-qualified since")
	if got := len(t.site.lead(t, "anna").History); got != before+1 {
		t.Errorf("%d activities; want %d", got, before+1)
	}
	t.back("/leads/anna")
	t.back("/leads")
	t.until("1 to 25 of 64")
}

func keyboard(t tab) {
	t.open("/leads")
	t.press(kb.Tab)
	if got := get(t, chromedp.Evaluate[string]("document.activeElement.innerText + Math.sign(document.activeElement.getBoundingClientRect().left)")); got != "Skip to the content1" {
		t.Errorf("the first thing is %q", got)
	}
	t.press(kb.Enter)
	t.tabTo("#search")
	if got := get(t, chromedp.Evaluate[string]("getComputedStyle(document.activeElement).outlineStyle")); got != "solid" {
		t.Errorf("the focus is outlined as %q", got)
	}
	t.press("anna" + kb.Enter)
	t.until("1 to 1 of 1")
	t.tabTo(anna)
	t.press(kb.Enter)
	t.until("What is missing")
	t.tabTo("#budget")
	t.press("20000" + kb.Enter)
	t.until("The answers are recorded.", "Sales-qualified since")
	t.tabTo("#reason")
	t.press("Met at the fair")
	t.tabTo("#until")
	t.press("12312026" + kb.Enter)
	t.until("The stage is set.", "until 1 Jan 2027", "Met at the fair")
	t.tabTo(".activities button")
	t.press(kb.Enter)
	t.until("The activity is taken back.")
	t.tabTo("#with")
	t.press("bo" + kb.Enter)
	t.until("Merge two leads", "Which is right?")
	t.tabTo(`[type="radio"]`)
	t.press(" ")
	t.tabTo(`[name="choice.1"]`)
	t.press(" ")
	t.tabTo("main button")
	t.press(kb.Enter)
	t.until("The leads are one now.", "and bo")
}

func withoutScript(t tab) {
	if _, err := chromedp.Call(t.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	t.open("/leads?search=anna")
	t.click(anna)
	t.until("What is missing")
	t.fill("budget", "20000")
	t.click(`form[action$="/answers"] button`)
	t.until("The answers are recorded.", "Sales-qualified since")
	t.open("/policy")
	t.fill("note", "The same again")
	t.click("#draft button:not([type])")
	t.until("The draft may go live", "64 leads compared")
	if strings.Contains(t.reads(), "Go there") {
		t.Error("a button is seen that needs the script")
	}
	t.click("#release")
	t.until("The policy is in use.", "The same again")
	t.open("/leads/bo/erase")
	t.click("[name=sure]")
	t.click("main button")
	t.until("The lead is erased.", "of 63,")
}

func scriptLead(t tab) {
	listening, stop := context.WithCancel(t.ctx)
	defer stop()
	messages := chromedp.Console(listening)
	for _, path := range []string{"/leads?search=script", "/leads/eve", "/leads/eve/merge?with=anna", "/leads/eve/timeline.svg", "/policy", "/leads/eve?done=%3Cscript%3Ealert(1)%3C/script%3E"} {
		t.do(chromedp.Navigate(t.site.URL + path))
		// An alert would keep the page from answering.
		if n := get(t, chromedp.Evaluate[int](`document.querySelectorAll('script:not([src="/static/editor.js"]), img[src="x"], [onerror], a[href^="javascript"]').length`)); n > 0 {
			t.Errorf("%s: a lead put %d elements on the page", path, n)
		}
	}
	t.open("/leads/eve")
	if got := get(t, chromedp.Text(chromedp.CSS("h1"))); got != script+", javascript:alert(3)" {
		t.Errorf("the lead is called %q", got)
	}
	stop()
	for m, err := range messages {
		if err != nil {
			break
		}
		t.Errorf("the browser complains: %s", m)
	}
}

// Every page can be read by machines that read it to people, and fits a telephone.
func everyPage(t tab) {
	t.do(chromedp.EmulateViewport(400, 800))
	for name, path := range addresses {
		t.do(chromedp.Navigate(t.site.URL + path))
		if name == "picture" {
			continue
		}
		for what, expression := range map[string]string{
			"fields without a label":  `[...document.querySelectorAll("input:not([type=hidden]), select, textarea, progress")].filter(e => e.labels.length == 0).map(e => e.outerHTML)`,
			"IDs that stand twice":    `[...document.querySelectorAll("[id]")].map(e => e.id).filter((id, i, all) => all.indexOf(id) != i)`,
			"labels of nothing":       `[...document.querySelectorAll("label[for]")].filter(e => !e.control).map(e => e.outerHTML)`,
			"buttons without a name":  `[...document.querySelectorAll("button, a")].filter(e => !e.textContent.trim() && !e.querySelector("img[alt]")).map(e => e.outerHTML)`,
			"pictures without a text": `[...document.querySelectorAll("img:not([alt])")].map(e => e.outerHTML)`,
			"headings that skip one":  `[...document.querySelectorAll("h1, h2, h3, h4")].map(e => +e.tagName[1]).filter((n, i, all) => n > (all[i - 1] ?? 0) + 1).map(String)`,
			"parts without a heading": `[...document.querySelectorAll("section")].filter(e => !document.getElementById(e.getAttribute("aria-labelledby"))).map(e => e.outerHTML)`,
			"what is too wide":        `document.documentElement.scrollWidth > 400 ? [...document.querySelectorAll("main *")].filter(e => e.getBoundingClientRect().right > 400 && !e.closest(".wide, pre, textarea")).map(e => e.outerHTML.slice(0, 200)) : []`,
		} {
			if found := get(t, chromedp.Evaluate[[]string](expression)); len(found) > 0 {
				t.Errorf("%s has %s: %s", path, what, strings.Join(found, "\n"))
			}
		}
		if got := get(t, chromedp.Evaluate[string](`document.documentElement.lang + document.querySelectorAll("h1").length + document.querySelectorAll("main").length`)); got != "en11" {
			t.Errorf("%s: language, first headings and main parts are %s", path, got)
		}
	}
}

var addresses = map[string]string{
	"list": "/leads", "nobody": "/leads?search=nobody", "lead": "/leads/anna", "script": "/leads/eve", "long": "/leads/long", "new": "/leads/bo", "picture": "/leads/anna/timeline.svg",
	"merge": "/leads/anna/merge?with=long", "erase": "/leads/long/erase", "policy": "/policy", "document": "/policies/1", "missing": "/nowhere",
}

// Pictures of all pages, for whoever changes how they look: QUALIFY_SCREENSHOTS names a
// folder for them.
func TestScreenshots(t *testing.T) {
	folder := os.Getenv("QUALIFY_SCREENSHOTS")
	if folder == "" {
		t.Skip("QUALIFY_SCREENSHOTS names no folder for pictures")
	}
	tab := newTab(t, browser(t))
	shoot := func(name string) {
		if err := os.WriteFile(filepath.Join(folder, name+".png"), get(tab, chromedp.FullScreenshot(100)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, width := range []int64{1200, 400} {
		tab.do(chromedp.EmulateViewport(width, 900))
		for name, path := range addresses {
			tab.do(chromedp.Navigate(tab.site.URL+path), chromedp.Sleep(300*time.Millisecond)) // the editor's check
			shoot(fmt.Sprint(name, "-", width))
		}
		tab.open("/policy")
		tab.do(chromedp.Evaluate[chromedp.Void](`(e => { e.value = e.value.replace("met_count('bant') >= 3", "met_cuont('bant') >= 3"); e.dispatchEvent(new Event("input")); })(document.getElementById("document"))`))
		tab.until("1 mistake")
		shoot(fmt.Sprint("mistake-", width))
		tab.open("/policy")
		tab.do(chromedp.Evaluate[chromedp.Void](`(e => { e.value = e.value.replace("score() >= 70", "score() >= 10").replace("met_count('bant') >= 3", "met_count('bant') >= 1"); })(document.getElementById("document"))`))
		tab.click("#draft button:not([type])")
		tab.until("The draft may not go live")
		shoot(fmt.Sprint("preview-", width))
	}
	if _, err := chromedp.Call(tab.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}); err != nil {
		t.Fatal(err)
	}
	tab.do(chromedp.EmulateViewport(800, 1100))
	tab.open("/leads/anna")
	shoot("print")
}
