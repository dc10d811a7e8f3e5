package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/hawser-mta/hawser/cmd/internal/cli"
	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/control"
	"github.com/hawser-mta/hawser/mta/workspace"
)

// app is one run of the program.
type app struct {
	g        *globals
	out, err io.Writer
	client   *control.Client
}

func (a *app) close() {
	if a.client != nil {
		a.client.Close()
	}
}

// errPrinted ends a command whose request was printed.
var errPrinted error = &cli.Exit{Code: cli.OK}

// request is the form of the HTTP API (spec mta 15.3).
type request struct {
	Version struct {
		Major int `json:"major"`
		Minor int `json:"minor"`
	} `json:"version"`
	Program string `json:"program"`
	Command string `json:"command"`
	Payload any    `json:"payload"`
}

// call runs a command of the server.
func (a *app) call(cmd control.Command, in, out any) error {
	if a.g.JSONRequest {
		r := request{Program: "smtpd", Command: string(rune(cmd)), Payload: in}
		r.Version.Major, r.Version.Minor = 6, 10
		if in == nil {
			r.Payload = struct{}{}
		}
		if err := a.json(r); err != nil {
			return err
		}
		return errPrinted
	}
	if a.client == nil {
		if err := a.dial(); err != nil {
			return err
		}
	}
	err := a.client.Call(context.Background(), cmd, in, out)
	var refused *control.RefusedError
	switch {
	case errors.As(err, &refused):
		return cli.Fail(cli.Failed, "%s", refused.Text)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return cli.Fail(cli.Failed, "the server has closed the connection")
	case err != nil:
		return cli.Fail(cli.Failed, "%s", err)
	}
	return nil
}

// ask runs a command and prints its answer: in JSON, or as f does.
func ask[T any](a *app, cmd control.Command, in any, f func(T) error) error {
	var raw json.RawMessage
	if err := a.call(cmd, in, &raw); err != nil {
		return err
	}
	if a.g.JSON {
		_, err := fmt.Fprintf(a.out, "%s\n", raw)
		return err
	}
	var out T
	if err := json.Unmarshal(raw, &out); err != nil {
		return cli.Fail(cli.Failed, "the answer is of another version of the server: %s", err)
	}
	return f(out)
}

// act runs a command that acts and prints how much it did.
func (a *app) act(cmd control.Command, in any) error {
	return ask(a, cmd, in, func(x control.Affected) error {
		_, err := fmt.Fprintf(a.out, "%d affected\n", x.Affected)
		return err
	})
}

// json prints a value on a line.
func (a *app) json(v any) error {
	e := json.NewEncoder(a.out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// dialTime bounds how long a connection may take.
const dialTime = 10 * time.Second

func (a *app) dial() error {
	if a.g.URL != "" {
		return cli.Fail(cli.Failed, "--url: the API service is not available in this version, use the control socket")
	}
	network, address, secure, err := a.find()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), dialTime)
	defer cancel()
	if a.client, err = control.Dial(ctx, network, address, secure); err != nil {
		return cli.Fail(cli.Usage, "no server answers at %s: %s\nhint: is hawserd running? name its workspace with -c DIR or its socket with --socket PATH", address, err)
	}
	return nil
}

// find returns where the socket is.
func (a *app) find() (network, address string, secure *tls.Config, err error) {
	if s := a.g.Socket; s != "" && a.g.Config == "" {
		network, address = socket(s)
		return network, address, nil, nil
	}
	root, err := a.root()
	if err != nil {
		return "", "", nil, err
	}
	// What is wrong with the files is the server's to tell.
	c, _ := config.Load(root, os.LookupEnv)
	x := &c.Smtpd.Environment.ControlSocket
	switch {
	case a.g.Socket != "":
		network, address = socket(a.g.Socket)
	case x.Port != 0:
		host := x.Address
		if host == "" {
			host = "localhost"
		}
		network, address = "tcp", net.JoinHostPort(host, strconv.Itoa(x.Port))
	case filepath.IsAbs(x.Path):
		return "unix", x.Path, nil, nil
	default:
		return "unix", near(filepath.Join(root, x.Path)), nil, nil
	}
	if network == "tcp" && x.TLS.Server.Certificate != nil {
		secure, err = clientTLS(c, address)
	}
	return network, address, secure, err
}

func socket(s string) (network, address string) {
	if strings.Contains(s, ":") && !strings.Contains(s, "/") {
		return "tcp", s
	}
	return "unix", s
}

// near returns a path relative to the current directory when that is shorter, because
// the length of socket paths is bounded.
func near(path string) string {
	if wd, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(wd, path); err == nil && len(rel) < len(path) {
			return rel
		}
	}
	return path
}

// root returns the workspace: that of -c, or the first one from the current directory
// upwards.
func (a *app) root() (string, error) {
	if dir := a.g.Config; dir != "" {
		w, err := workspace.Open(dir)
		if err != nil {
			return "", cli.Fail(cli.Usage, "%s", err)
		}
		defer w.Close()
		return w.Root, nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", cli.Fail(cli.Usage, "%s", err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if w, err := workspace.Open(dir); err == nil {
			defer w.Close()
			return w.Root, nil
		}
		if dir == filepath.Dir(dir) {
			return "", cli.Fail(cli.Usage, "the current directory lies in no workspace, name one with -c DIR or a socket with --socket PATH")
		}
	}
}

// clientTLS makes the settings of environment.controlsocket.tls.client.
func clientTLS(c *config.Config, address string) (*tls.Config, error) {
	x := &c.Smtpd.Environment.ControlSocket.TLS.Client
	host, _, _ := net.SplitHostPort(address)
	t := &tls.Config{ServerName: x.VerifyName, InsecureSkipVerify: !x.Verify, RootCAs: c.Authorities()}
	if t.ServerName == "" {
		t.ServerName = host
	}
	if x.Certificate == nil {
		return t, nil
	}
	cert, err1 := c.Read(x.Certificate)
	key, err2 := c.Read(x.PrivateKey)
	if err := errors.Join(err1, err2); err != nil {
		return nil, cli.Fail(cli.Usage, "controlsocket.tls.client: %s", err)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, cli.Fail(cli.Usage, "controlsocket.tls.client: %s", err)
	}
	t.Certificates = []tls.Certificate{pair}
	return t, nil
}
