package web_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// tab gives a tab of a browser without a window, for a screen of a width.
func tab(t *testing.T, width int) context.Context {
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
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.WindowSize(width, 900))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // chromium's sandbox does not run as root
	}
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	ctx, stop = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(stop)
	return ctx
}

func do(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

func get[T any](t *testing.T, ctx context.Context, action chromedp.Action[T]) T {
	t.Helper()
	value, err := chromedp.Run(ctx, action)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// Pictures of all pages, for whoever changes how they look: QUALIFY_SCREENSHOTS names a
// folder for them.
func TestScreenshots(t *testing.T) {
	folder := os.Getenv("QUALIFY_SCREENSHOTS")
	if folder == "" {
		t.Skip("QUALIFY_SCREENSHOTS names no folder")
	}
	s := open(t)
	s.team(t)
	for _, width := range []int{1200, 400} {
		ctx := tab(t, width)
		for name, path := range map[string]string{
			"list": "/leads", "none": "/leads?search=nobody", "lead": "/leads/anna", "script": "/leads/eve", "long": "/leads/long", "bo": "/leads/bo",
			"merge": "/leads/anna/merge?with=bo", "policy": "/policy", "document": "/policies/1", "missing": "/nowhere",
		} {
			do(t, ctx, chromedp.EmulateViewport(int64(width), 900), chromedp.Navigate(s.URL+path), chromedp.WaitReady(chromedp.CSS("main")), chromedp.Sleep(300*time.Millisecond))
			picture := get(t, ctx, chromedp.FullScreenshot(100))
			if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%s-%d.png", name, width)), picture, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
