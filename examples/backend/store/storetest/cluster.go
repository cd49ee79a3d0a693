package storetest

import (
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"
)

// Cluster is a server of PostgreSQL that belongs to a test, which can kill it.
type Cluster struct {
	// URL is that of a database of it.
	URL string

	t       testing.TB
	folder  string
	port    int
	program func(name string, arguments ...string) *exec.Cmd
}

// StartCluster makes a server, which the end of the test stops. It needs the programs of PostgreSQL, and skips the test
// without them; also without DATABASE_URL, so that they run where PostgreSQL is asked for.
func StartCluster(t testing.TB) *Cluster {
	t.Helper()
	if os.Getenv("DATABASE_URL") == "" {
		t.Skip("SKIPPED: DATABASE_URL is not set, so nothing is tested on PostgreSQL")
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // Debian does not put them into the PATH
	if path, err := exec.LookPath("initdb"); len(found) == 0 && err == nil {
		found = append(found, path)
	}
	if len(found) == 0 {
		t.Skip("SKIPPED: the programs of PostgreSQL are not on this machine, so no server of it was killed")
	}
	bin := filepath.Dir(slices.Max(found))
	// Not t.TempDir, whose parents other users may not enter: PostgreSQL does not run as root.
	folder, err := os.MkdirTemp("", "cluster")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	as := owner(t, folder)
	c := &Cluster{t: t, folder: folder, program: func(name string, arguments ...string) *exec.Cmd {
		p := exec.Command(filepath.Join(bin, name), arguments...)
		p.Dir, p.SysProcAttr = folder, as
		return p
	}}
	c.run("initdb", "-D", "data", "-A", "trust", "-U", "postgres")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c.port = listener.Addr().(*net.TCPAddr).Port
	listener.Close()
	c.URL = fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres", c.port)
	t.Cleanup(func() { c.program("pg_ctl", "-D", "data", "-m", "immediate", "stop").Run() })
	c.Start()
	return c
}

// Start starts it, and waits until it answers. It waits for the disk, as servers do that must not lose anything.
func (c *Cluster) Start() {
	c.t.Helper()
	c.run("pg_ctl", "-D", "data", "-l", "log", "-w", "-t", "120", "-o", "-k . -c listen_addresses=127.0.0.1 -p "+strconv.Itoa(c.port), "start")
	db, err := sql.Open("pgx", c.URL)
	if err != nil {
		c.t.Fatal(err)
	}
	defer db.Close()
	for end := time.Now().Add(time.Minute); db.Ping() != nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			c.t.Fatal(c.log())
		}
	}
}

// Kill ends it at once: it writes nothing more, and recovers when it starts again.
func (c *Cluster) Kill() {
	c.t.Helper()
	c.run("pg_ctl", "-D", "data", "-m", "immediate", "-w", "stop")
}

func (c *Cluster) run(name string, arguments ...string) {
	c.t.Helper()
	// The server keeps what it is given open, so it gets a file and no pipe.
	out, err := os.Create(filepath.Join(c.folder, "out"))
	if err != nil {
		c.t.Fatal(err)
	}
	defer out.Close()
	p := c.program(name, arguments...)
	p.Stdout, p.Stderr = out, out
	if err := p.Run(); err != nil {
		said, _ := os.ReadFile(out.Name())
		c.t.Fatalf("%s: %v\n%s%s", name, err, said, c.log())
	}
}

func (c *Cluster) log() string {
	log, _ := os.ReadFile(filepath.Join(c.folder, "log"))
	return string(log)
}
