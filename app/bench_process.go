package app

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"chargewright/base/fail"
)

// benchProcess is a server under test in a process of its own. It ends with
// its input, so that none outlives the bench.
type benchProcess struct {
	addr string
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Scanner
}

func startBenchProcess(ctx context.Context, kind, dir, url string, stations int, profile string) (*benchProcess, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fail.Wrap(fail.Unavailable, "bench", err)
	}
	cmd := exec.CommandContext(ctx, self, "bench", "server", "--dir", dir, "--url", url, "--stations", strconv.Itoa(stations), "--profile", profile, kind)
	cmd.Env = slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, "CHARGEWRIGHT_") })
	cmd.Stderr = os.Stderr
	cmd.WaitDelay = 5 * time.Second
	p := &benchProcess{cmd: cmd}
	if p.in, err = cmd.StdinPipe(); err != nil {
		return nil, fail.Wrap(fail.Unavailable, "bench", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fail.Wrap(fail.Unavailable, "bench", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fail.Wrap(fail.Unavailable, "bench", err)
	}
	p.out = bufio.NewScanner(out)
	if p.out.Scan() {
		p.addr = p.out.Text()
		return p, nil
	}
	return nil, fail.New(fail.Unavailable, "bench", "the server did not start: %v", p.stop())
}

// ask puts a question to the server and returns its answer.
func (p *benchProcess) ask(question string, n int64) (benchUsage, error) {
	var u benchUsage
	if _, err := fmt.Fprintln(p.in, question, n); err != nil {
		return u, fail.Wrap(fail.Unavailable, "bench", err)
	}
	if !p.out.Scan() {
		return u, fail.New(fail.Unavailable, "bench", "the server ended: %v", p.out.Err())
	}
	if err := json.Unmarshal(p.out.Bytes(), &u); err != nil {
		return u, fail.Wrap(fail.Internal, "bench", err)
	}
	if u.Error != "" {
		return u, fail.New(fail.Unavailable, "bench", "the server says: %s", u.Error)
	}
	return u, nil
}

func (p *benchProcess) stop() error {
	err := p.in.Close()
	return fail.Wrap(fail.Unavailable, "bench", firstError(p.cmd.Wait(), err))
}

// benchDatabase makes an empty database on a PostgreSQL server. drop removes it.
func benchDatabase(ctx context.Context, server string) (address string, drop func() error, err error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", nil, fail.Field("bench", "database", "it is no URL")
	}
	name := "chargewright_bench_" + strings.ToLower(rand.Text()[:16])
	if err := onServer(ctx, server, "CREATE DATABASE "+name); err != nil {
		return "", nil, err
	}
	u.Path = "/" + name
	return u.String(), func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer cancel()
		return onServer(ctx, server, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
	}, nil
}

func onServer(ctx context.Context, server, statement string) error {
	c, err := pgx.Connect(ctx, server)
	if err != nil {
		return fail.Wrap(fail.Unavailable, "bench", err)
	}
	_, err = c.Exec(ctx, statement)
	return fail.Wrap(fail.Unavailable, "bench", firstError(err, c.Close(ctx)))
}
